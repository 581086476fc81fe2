package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.ChatlessProvider;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefixId;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("T-5: /llm/warm over real sockets")
@Timeout(60)
class WarmEndpointsTest {
  private static final String PATH = "/llm/warm";
  private static final String MESSAGES = "\"messages\":[{\"role\":\"system\",\"content\":\"Hi.\"}]";
  private static final Pattern ID = Pattern.compile("\"id\":\"(warm-[0-9a-f-]{36})\"");
  private static final Pattern EXPIRES = Pattern.compile("\"expires_at\":\"([^\"]+)\"");

  private final TimerThread timer = new TimerThread(_ -> {});
  private final KeepingProvider provider = new KeepingProvider();
  private Gateway gateway;
  private TestServer server;

  /** The models {@code warm}, which keeps prefixes, {@code slow}, which never ends, and others. */
  private static final class KeepingProvider extends ChatlessProvider implements PrefixWarmer {
    private final CompletableFuture<CancelReason> cancelled = new CompletableFuture<>();
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private volatile boolean gaveUp;

    private KeepingProvider() {
      super("keeping", "warm", "slow", "other");
    }

    @Override
    public Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call)
        throws LlmException {
      if (prefix.model().value().equals("slow")) {
        call.onCancel(() -> cancelled.complete(call.cancelled().orElseThrow()));
        begun.complete(null);
        throw new LlmException(new LlmError.Cancelled(cancelled.join()));
      }
      return new Usage(12, 0, 5);
    }

    @Override
    public boolean holds(WarmPrefixId id) {
      return !gaveUp;
    }

    @Override
    public void release(WarmPrefixId id) {
      // nothing is held
    }

    @Override
    public Optional<PrefixWarmer> prefixes(ModelName model) {
      return model.value().equals("other") ? Optional.empty() : Optional.of(this);
    }
  }

  @BeforeEach
  void serve() throws Exception {
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(provider)),
            Catalogue.EMPTY,
            new RecordingTelemetry(),
            timer,
            IdSource.RANDOM,
            _ -> {});
    server =
        TestServer.open(
            (head, _) -> new Principal(head.apiKey().orElseThrow()),
            new ErrorDialects(),
            new WarmEndpoints(gateway).routes());
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  @Test
  void aPrefixIsMadeListedAndReleased() throws Exception {
    Instant before = timer.time().now();
    var made = warm("ann", "{\"model\":\"warm\",\"ttl_seconds\":60," + MESSAGES + "}");

    assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    assertThat(made.body())
        .contains("\"model\":\"warm\"", "\"prompt_tokens\":12", "\"cached_tokens\":5");
    var expires = EXPIRES.matcher(made.body());
    assertThat(expires.find()).isTrue();
    assertThat(Instant.parse(expires.group(1)))
        .isBetween(before.plusSeconds(59), timer.time().now().plusSeconds(60));
    assertThat(send("ann", "GET", PATH, "").body())
        .isEqualTo("{\"prefixes\":[" + made.body() + "]}");

    var released = send("ann", "DELETE", PATH + "/" + id(made), "");
    assertThat(released.statusCode()).isEqualTo(204);
    assertThat(released.body()).isEmpty();
    assertThat(send("ann", "GET", PATH, "").body()).isEqualTo("{\"prefixes\":[]}");
    assertThat(send("ann", "DELETE", PATH + "/" + id(made), "").statusCode()).isEqualTo(404);
  }

  @Test
  void onesThatTheModelHasGivenUpAreNotListed() throws Exception {
    String id = id(warm("ann", "{\"model\":\"warm\"," + MESSAGES + "}"));
    provider.gaveUp = true;
    assertThat(send("ann", "GET", PATH, "").body()).isEqualTo("{\"prefixes\":[]}");
    assertThat(send("ann", "DELETE", PATH + "/" + id, "").statusCode()).isEqualTo(404);
  }

  @Test
  void anothersIsAsOneThatIsNotThere() throws Exception {
    String id = id(warm("ann", "{\"model\":\"warm\"," + MESSAGES + "}"));

    assertThat(send("bob", "GET", PATH, "").body()).isEqualTo("{\"prefixes\":[]}");
    var foreign = send("bob", "DELETE", PATH + "/" + id, "");
    assertThat(foreign.statusCode()).isEqualTo(404);
    assertThat(foreign.body())
        .contains("\"code\":\"not_found\"", "There is no warm prefix '" + id + "'.");
    assertThat(send("bob", "DELETE", PATH + "/nonsense", "").statusCode()).isEqualTo(404);
    assertThat(send("ann", "DELETE", PATH + "/" + id, "").statusCode()).isEqualTo(204);
  }

  @Test
  void refusalsAreInOurDialect() throws Exception {
    var other = warm("ann", "{\"model\":\"other\"," + MESSAGES + "}");
    assertThat(other.statusCode()).isEqualTo(400);
    assertThat(other.body())
        .contains("\"code\":\"unsupported\"", "keeps no prefixes warm", "\"path\":\"model\"");
    assertThat(warm("ann", "{\"model\":\"nobody\"," + MESSAGES + "}").statusCode()).isEqualTo(404);
    var wrong = warm("ann", "{\"model\":\"warm\",\"ttl_seconds\":0," + MESSAGES + "}");
    assertThat(wrong.statusCode()).isEqualTo(400);
    assertThat(wrong.body()).contains("ttl_seconds 0 must be 1 to 3600");
    assertThat(send("ann", "PUT", PATH, "").statusCode()).isEqualTo(405);
  }

  @Test
  void onePrincipalKeepsOnlySoMany() throws Exception {
    String body = "{\"model\":\"warm\"," + MESSAGES + "}";
    for (int i = 0; i < GatewaySettings.DEFAULTS.warmPrefixes(); i++) {
      assertThat(warm("ann", body).statusCode()).isEqualTo(200);
    }
    var full = warm("ann", body);
    assertThat(full.statusCode()).isEqualTo(409);
    assertThat(full.body()).contains("\"code\":\"conflict\"", "8 prefixes", "'ann'");
    assertThat(warm("bob", body).statusCode()).isEqualTo(200);
  }

  @Test
  void aShutdownEndsTheReading() throws Exception {
    var answer =
        CompletableFuture.supplyAsync(() -> {
          try {
            return warm("ann", "{\"model\":\"slow\"," + MESSAGES + "}");
          } catch (Exception failure) {
            throw new AssertionError(failure);
          }
        });
    provider.begun.get(10, TimeUnit.SECONDS);
    server.admission.cancelAll(CancelReason.SHUTDOWN);
    assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
    assertThat(provider.cancelled.get(10, TimeUnit.SECONDS)).isEqualTo(CancelReason.SHUTDOWN);
  }

  private static String id(HttpResponse<String> made) {
    var found = ID.matcher(made.body());
    assertThat(found.find()).as(made.body()).isTrue();
    return found.group(1);
  }

  private HttpResponse<String> warm(String who, String body) throws Exception {
    return send(who, "POST", PATH, body);
  }

  private HttpResponse<String> send(String who, String method, String path, String body)
      throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri(path))
            .header("x-api-key", who)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }
}
