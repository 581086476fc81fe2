package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.dialect.openai.upstream.RequestTraits.ReasoningBack;
import llm.core.dialect.openai.upstream.RequestTraits.Unfinished;
import llm.core.testkit.TestConfig;
import llm.domain.model.ModelName;
import llm.domain.port.WarmPlan;
import llm.domain.port.WarmPlan.EmptyGeneration;
import llm.providers.transport.UpstreamRequest.Header;
import llm.providers.upstream.UpstreamNames;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("C-8 upstreams of the OpenAI dialect are configured by file or environment")
class UpstreamSettingsTest {
  private static final Map<String, String> KEYS =
      Map.of("KEY", "k1", "OPENROUTER_API_KEY", "or", "TOGETHER_API_KEY", "to");

  @Test
  void everyKeyIsRead() {
    var read =
        read("""
        base_url: https://api.example.com/v1/
        server: vllm
        api_key: ${KEY}
        models: [a, org/b]
        headers: {X-Title: t}
        secret_headers: {X-Key: "${KEY}"}
        refresh_seconds: 9
        stream_usage: false
        api: responses
        reasoning_summary: auto
        reasoning_back: reasoning_content
        max_connections: 7
        """)
            .orElseThrow();
    assertThat(read.upstream().baseUrl().toString()).isEqualTo("https://api.example.com/v1");
    assertThat(read.traits())
        .isEqualTo(
            ServerRecipe.VLLM.traits(false).toBuilder()
                .reasoning(ReasoningBack.REASONING_CONTENT)
                .unfinished(Unfinished.CONTINUE_FINAL_MESSAGE)
                .build());
    assertThat(read.responses())
        .isEqualTo(new ResponseSettings(Api.RESPONSES, ResponseSettings.Summary.AUTO));
    assertThat(read.upstream().models()).containsExactly("a", "org/b");
    assertThat(read.upstream().refresh()).isEqualTo(Duration.ofSeconds(9));
    assertThat(read.upstream().transport().maxConnections()).isEqualTo(7);
    assertThat(read.upstream().headers())
        .containsExactly(
            new Header("authorization", "Bearer k1"),
            new Header("X-Title", "t"),
            new Header("X-Key", "k1"));
  }

  @Test
  void aConnectionIsKeptWarmUnlessItIsSwitchedOff() {
    var warm = read("server: ollama").orElseThrow().upstream().warm();
    assertThat(warm.asksFor("/models")).isTrue();
    assertThat(warm.plan())
        .contains(
            new WarmPlan(
                Duration.ofSeconds(25),
                Duration.ofMinutes(15),
                Duration.ofSeconds(10),
                EmptyGeneration.NEVER,
                Optional.empty()));
    assertThat(
            read("{server: ollama, warm: {enabled: false}}").orElseThrow().upstream().warm().plan())
        .isEmpty();
    var set =
        read("""
        server: ollama
        models: [a, b]
        warm:
          ping_method: head
          ping_path: /health?deep=1
          interval_seconds: 5
          idle_seconds: 0
          timeout_seconds: 2
          generation: handshake
        """)
            .orElseThrow()
            .upstream()
            .warm();
    assertThat(set.pingMethod() + " " + set.pingPath()).isEqualTo("HEAD /health?deep=1");
    assertThat(set.asksFor("/models")).isFalse();
    assertThat(set.plan())
        .contains(
            new WarmPlan(
                Duration.ofSeconds(5),
                Duration.ZERO,
                Duration.ofSeconds(2),
                EmptyGeneration.HANDSHAKE,
                Optional.of(new ModelName("up/a"))));
  }

  @ParameterizedTest
  @EnumSource(value = ServerRecipe.class, names = "GENERIC", mode = EnumSource.Mode.EXCLUDE)
  void aKnownServerNeedsNoUrl(ServerRecipe server) {
    var read = read("server: " + server.name().toLowerCase(java.util.Locale.ROOT)).orElseThrow();
    assertThat(read.upstream().baseUrl().toString()).contains("/v1");
    assertThat(read.upstream().models()).isEmpty();
  }

  @Test
  void aKeyIsTakenFromWhereItIsByCustom() {
    assertThat(read("server: openrouter").orElseThrow().upstream().headers())
        .containsExactly(new Header("authorization", "Bearer or"));
    assertThat(read("server: together").orElseThrow().upstream().headers())
        .containsExactly(new Header("authorization", "Bearer to"));
    assertThat(read("{server: together, api_key: '${KEY}'}").orElseThrow().upstream().headers())
        .as("what is written down comes first")
        .containsExactly(new Header("authorization", "Bearer k1"));
    assertThat(read("server: ollama").orElseThrow().upstream().headers()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "models: [a] | base_url: is missing",
        "base_url: ftp://x/ | base_url: must begin with http",
        "base_url: https://u:p@x/ | base_url: must have no user or password",
        "{server: best, base_url: 'http://x'} | server",
        "{server: ollama, api_key: sk-1} | api_key",
        "{server: ollama, headers: {Host: x}} | headers",
        "{server: ollama, headers: {traceparent: x}} | set for each request",
        "{server: ollama, headers: {a: b, A: c}} | set already",
        "{server: ollama, headers: {'a b': c}} | headers",
        "{server: ollama, models: ['']} | models",
        "{server: ollama, refresh_seconds: 0} | refresh_seconds",
        "{server: ollama, modles: [a]} | models",
        "{server: ollama, warm: {ping_path: v1}} | warm.ping_path: cannot be asked for",
        "{server: ollama, warm: {ping_method: put}} | warm.ping_method",
        "{server: ollama, warm: {idle_seconds: 5}} | warm.idle_seconds: must be 0, or",
        "{server: ollama, warm: {generation: always}} | warm.generation: needs generation_model",
        "{server: ollama, warm: {generation_model: ''}} | warm.generation_model",
        "{server: ollama, warm: {interval: 5}} | warm.interval"
      })
  void eachBadValueIsRefusedByName(String yaml, String said) {
    var config = TestConfig.yaml(yaml, KEYS);
    UpstreamSettings.read("up", config.root());
    assertThat(config.problems()).anyMatch(problem -> problem.contains(said));
  }

  @Test
  void anUpstreamHasANameOfItsOwn() {
    var config =
        TestConfig.yaml(
            """
            upstreams:
              openai: {server: ollama, max_connections: 8}
              Big: {server: ollama}
              fine: {server: ollama}
            """);
    var read =
        UpstreamNames.read(
            "openai_compatible", config.root(), (_, _) -> Optional.empty(), UpstreamSettings::read);
    assertThat(read).containsOnlyKeys("fine");
    assertThat(config.problems()).hasSize(2);
    assertThat(config.problems().getFirst())
        .contains("test.yml:2: upstreams.openai.base_url", "section providers.openai; give it");
    assertThat(config.problems().getLast()).contains("test.yml:3: upstreams.Big", "must match");
  }

  @Test
  void theEnvironmentAloneDefinesAnUpstream() {
    var section =
        TestConfig.yaml(
                "",
                Map.of(
                    "OPENAI_COMPATIBLE_BASE_URL", "http://127.0.0.1:11434/v1",
                    "OPENAI_COMPATIBLE_API_KEY", "k"))
            .section("providers.openai_compatible");
    var read = UpstreamSettings.readOwn("openai_compatible", section).orElseThrow();
    assertThat(read.upstream().baseUrl().toString()).isEqualTo("http://127.0.0.1:11434/v1");
    assertThat(read.upstream().headers()).containsExactly(new Header("authorization", "Bearer k"));
    var none = TestConfig.empty().section("providers.openai_compatible");
    assertThat(UpstreamSettings.readOwn("openai_compatible", none)).isEmpty();
  }

  private static Optional<UpstreamSettings> read(String yaml) {
    var config = TestConfig.yaml(yaml, KEYS);
    Section root = config.root();
    var read = UpstreamSettings.read("up", root);
    assertThat(config.problems()).isEmpty();
    return read;
  }
}
