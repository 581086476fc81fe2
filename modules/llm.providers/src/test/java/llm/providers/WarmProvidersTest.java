package llm.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.catalogue.Catalogue;
import llm.core.gateway.Gateway;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.TestConfig;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-11, C-1: connections to every kind of provider are kept warm")
class WarmProvidersTest {
  private static final List<String> KINDS =
      List.of("anthropic", "openai", "plain", "talker", "native");
  private static final String WARM =
      "models: [m], refresh_seconds: 86400, system_prefix: House., warm: {generation: handshake}";

  private final Map<String, FaultUpstream> servers = new LinkedHashMap<>();
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  WarmProvidersTest() {
    KINDS.forEach(kind -> servers.put(kind, FaultUpstream.open().otherwise(this::answer)));
  }

  @AfterEach
  void close() {
    servers.values().forEach(FaultUpstream::close);
  }

  private Reply answer(Received request) {
    String body =
        switch (request.target()) {
          case "/v1/messages" ->
              "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
                  + "\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":1,"
                  + "\"output_tokens\":1}}";
          case "/v1/responses" ->
              "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"incomplete\","
                  + "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[]}";
          case "/v1/chat/completions" ->
              "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
                  + "\"finish_reason\":\"length\"}]}";
          case "/generate" -> "{\"text\":\"\"}";
          default -> "{\"data\":[{\"id\":\"m\"}]}";
        };
    return Reply.ok("application/json", body);
  }

  private Gateway open() {
    String yaml =
        """
        providers:
          anthropic: {base_url: "%s", %s}
          openai: {base_url: "%s/v1", api: responses, %s}
          openai_compatible:
            upstreams:
              plain: {base_url: "%s/v1", %s}
              talker: {base_url: "%s/v1", api: responses, %s}
          custom:
            upstreams:
              native:
                url: "%s/generate"
                request: '{"model": "{{model}}", "prompt": "{{prompt}}", "n": "{{max_tokens}}"}'
                response: {text: text}
                models: [m]
                refresh_seconds: 86400
                warm: {generation: handshake}
        """
            .formatted(
                servers.get("anthropic").uri(),
                WARM,
                servers.get("openai").uri(),
                WARM,
                servers.get("plain").uri(),
                WARM,
                servers.get("talker").uri(),
                WARM,
                servers.get("native").uri());
    var config = TestConfig.yaml(yaml, Map.of("ANTHROPIC_API_KEY", "k", "OPENAI_API_KEY", "k"));
    var gateway =
        Gateway.open(
            config.root(),
            () -> Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {},
            Optional.empty());
    assertThat(config.problems()).isEmpty();
    return gateway;
  }

  /** What {@code server} was asked by POST. */
  private List<Received> posted(String server) {
    return servers.get(server).requests().stream()
        .filter(request -> request.method().equals("POST"))
        .toList();
  }

  private long events(String name, String provider) {
    return telemetry.events(name).stream()
        .filter(event -> event.text("provider").filter(provider::equals).isPresent())
        .count();
  }

  @Test
  void eachHasAHandshakeAnEmptyGenerationAndPings() {
    try (var gateway = open()) {
      gateway.connections().start();
      await(() -> KINDS.stream().allMatch(kind -> events("conn_handshake_finish", kind) == 1));

      for (String kind : KINDS) {
        assertThat(servers.get(kind).requests().getFirst().method()).as(kind).isEqualTo("GET");
        assertThat(posted(kind)).as(kind).hasSize(1);
        assertThat(posted(kind).getFirst().body()).as(kind).doesNotContain("House");
        assertThat(servers.get(kind).connections()).as(kind).isEqualTo(1);
        assertThat(gateway.connections().last(kind).orElseThrow().generation())
            .as(kind)
            .isPresent();
      }
      assertThat(telemetry.events("empty_generation_failed")).isEmpty();
      for (String talker : List.of("openai", "talker")) {
        assertThat(posted(talker).getFirst().target()).isEqualTo("/v1/responses");
        assertThat(posted(talker).getFirst().body())
            .contains("\"max_output_tokens\":16"); // the least it takes
      }
      clock.advance(Duration.ofSeconds(25));
      await(() -> KINDS.stream().allMatch(kind -> events("keep_alive_ping_finish", kind) >= 1));
    }
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.yield();
    }
  }
}
