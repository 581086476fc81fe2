package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.ChatlessProvider;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.MemoryStanding;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence;
import llm.domain.model.ModelResidence.Place;
import llm.domain.port.IdSource;
import llm.domain.port.ModelMemory;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("T-6: /api/v1/models over real sockets")
@Timeout(60)
class ModelMemoryEndpointsTest {
  private static final String PATH = "/api/v1/models";

  private final TimerThread timer = new TimerThread(_ -> {});
  private final KeptProvider provider = new KeptProvider();
  private Gateway gateway;
  private TestServer server;

  /** The models {@code small}, which can be loaded, and {@code large}, which does not fit. */
  private static final class KeptProvider extends ChatlessProvider implements ModelMemory {
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    private KeptProvider() {
      super("kept", "small", "large");
    }

    @Override
    public Change load(ModelName model, OptionalInt contextTokens) {
      asked.add("load " + model + " " + contextTokens);
      return call -> {
        asked.add("awaited by " + call.principal().name());
        if (model.value().equals("large")) {
          throw new LlmException(new LlmError.ModelUnavailable("large", "It needs 812 MB."));
        }
      };
    }

    @Override
    public Change unload(ModelName model) {
      asked.add("unload " + model);
      return _ -> asked.add("awaited");
    }

    @Override
    public Optional<ModelResidence> residence(ModelName model) {
      return Optional.of(
          new ModelResidence(
              model.value(),
              Place.LOADING,
              0.25,
              100,
              0,
              60,
              "0.00 MB (…)",
              0,
              1,
              2,
              Optional.of(Duration.ofMillis(1500)),
              Optional.of("It fell over.")));
    }

    @Override
    public MemoryStanding standing() {
      return new MemoryStanding(
          residence(new ModelName("small")).stream().toList(),
          List.of(
              new MemoryStanding.Memory(
                  "vram",
                  "Card",
                  1000,
                  400,
                  550,
                  OptionalInt.of(42),
                  OptionalInt.of(2),
                  Optional.of(1))),
          List.of("One is not watched."));
    }

    @Override
    public Optional<ModelMemory> memory() {
      return Optional.of(this);
    }
  }

  @BeforeEach
  void serve() throws Exception {
    var remote = new FakeProvider(timer);
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(provider), new ProviderSetup.Ready(remote)),
            Catalogue.EMPTY,
            new RecordingTelemetry(),
            timer,
            IdSource.RANDOM,
            _ -> {});
    server =
        TestServer.open(
            (head, _) -> new Principal(head.apiKey().orElseThrow()),
            new ErrorDialects(),
            new ModelMemoryEndpoints(gateway, who -> who.name().equals("boss")).routes());
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  private HttpResponse<String> post(String who, String path, String body) throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri(PATH + path))
            .header("x-api-key", who)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> status(String who) throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri(PATH + "/status")).header("x-api-key", who).build());
  }

  @Test
  void aLoadIsAwaitedByItsCaller() throws Exception {
    var answer = post("boss", "/load", "{\"model\":\"small\",\"context_tokens\":77}");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "{\"model\":\"small\",\"state\":\"loading\",\"progress\":0.25,\"estimated_bytes\":100,"
                + "\"taken_bytes\":0,\"device\":\"gpu\",\"device_bytes\":60,"
                + "\"arithmetic\":\"0.00 MB (…)\",\"context_tokens\":0,\"in_work\":1,\"waiting\":2,"
                + "\"idle_seconds\":1.5,\"problem\":\"It fell over.\"}");
    assertThat(provider.asked).containsExactly("load small OptionalInt[77]", "awaited by boss");
  }

  @Test
  void nobodyWaitsWhoSaysSo() throws Exception {
    var answer = post("boss", "/unload", "{\"model\":\"small\",\"wait\":false}");

    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(provider.asked).containsExactly("unload small");
  }

  @Test
  void aRefusalIsInOurDialect() throws Exception {
    var refused = post("boss", "/load", "{\"model\":\"large\"}");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body())
        .contains("\"code\":\"model_unavailable\"", "\"message\":\"It needs 812 MB.\"");
  }

  @Test
  void theStatusTellsOfModelsMemoriesAndWhatIsNotWatched() throws Exception {
    assertThat(status("boss").body())
        .startsWith("{\"models\":[{\"model\":\"small\",")
        .endsWith(
            "\"memory\":[{\"kind\":\"vram\",\"name\":\"Card\",\"total_bytes\":1000,"
                + "\"used_bytes\":400,\"free_for_models_bytes\":550,\"gpu_index\":1,"
                + "\"busy_percent\":42,\"processes\":2}],\"notes\":[\"One is not watched.\"]}");
  }

  @Test
  void onlyOperatorsMayAsk() throws Exception {
    assertThat(post("ann", "/load", "{\"model\":\"small\"}").statusCode()).isEqualTo(403);
    assertThat(post("ann", "/unload", "{\"model\":\"small\"}").statusCode()).isEqualTo(403);
    assertThat(status("ann").statusCode()).isEqualTo(403);
    assertThat(provider.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":5}",
        "{\"model\":\"small\",\"context_tokens\":\"many\"}",
        "{\"model\":\"small\",\"wait\":1}",
        "{\"model\":\"small\",\"force\":true}",
        "{\"model\":\"mock\"}",
        "[]",
        "{"
      })
  void mistakesAreRefusedBeforeAnythingIsAsked(String body) throws Exception {
    assertThat(post("boss", "/load", body).statusCode()).isEqualTo(400);
    assertThat(provider.asked).isEmpty();
  }
}
