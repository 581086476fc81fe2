package llm.providers.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import llm.core.dialect.anthropic.upstream.RequestTraits;
import llm.core.dialect.anthropic.upstream.ThinkingStyle;
import llm.core.testkit.TestConfig;
import llm.domain.model.ModelName;
import llm.providers.transport.UpstreamRequest.Header;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-8 upstreams of Anthropic's dialect are configured by file or environment")
class AnthropicSettingsTest {
  private static final Map<String, String> KEY = Map.of("ANTHROPIC_API_KEY", "k");

  private static Optional<AnthropicSettings> own(TestConfig config) {
    return AnthropicSettings.readOwn("anthropic", config.section("providers.anthropic"));
  }

  @Test
  void aKeyInTheEnvironmentIsEnough() {
    var read = own(TestConfig.yaml("", KEY)).orElseThrow();
    assertThat(read.upstream().baseUrl().toString()).isEqualTo("https://api.anthropic.com");
    assertThat(read.upstream().headers())
        .containsExactly(
            new Header("x-api-key", "k"), new Header("anthropic-version", "2023-06-01"));
    assertThat(read.traits()).isEqualTo(RequestTraits.COMMON);
    assertThat(read.upstream().warm().asksFor("/v1/models?limit=1000")).isTrue();
  }

  @Test
  void withoutAKeyAndAPlaceThereIsNone() {
    assertThat(own(TestConfig.yaml("providers: {anthropic: {models: [a]}}"))).isEmpty();
    assertThat(own(TestConfig.yaml("", Map.of("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"))))
        .isPresent();
  }

  @Test
  void everyKeyIsRead() {
    var config =
        TestConfig.yaml(
            """
            providers:
              anthropic:
                upstreams:
                  claude:
                    base_url: https://api.example.com/anthropic/
                    api_key: ${ANTHROPIC_API_KEY}
                    version: "2099-01-01"
                    beta: [interleaved-thinking-2025-05-14, b]
                    thinking: budget
                    models: [m]
                    headers: {X-Team: t}
                    warm: {generation: handshake}
            """,
            KEY);
    var section =
        config.section("providers.anthropic").section("upstreams", "").section("claude", "");
    var read = AnthropicSettings.read("claude", section).orElseThrow();
    assertThat(config.problems()).isEmpty();
    assertThat(read.upstream().baseUrl().toString()).isEqualTo("https://api.example.com/anthropic");
    assertThat(read.upstream().headers())
        .containsExactly(
            new Header("x-api-key", "k"),
            new Header("anthropic-version", "2099-01-01"),
            new Header("anthropic-beta", "interleaved-thinking-2025-05-14,b"),
            new Header("X-Team", "t"));
    assertThat(read.traits()).isEqualTo(new RequestTraits(ThinkingStyle.BUDGET, true));
    assertThat(read.upstream().warm().plan().orElseThrow().model())
        .contains(new ModelName("claude/m"));
  }

  @Test
  void aPlaceWithTheVersionIsRefused() {
    var config = TestConfig.yaml("providers: {anthropic: {base_url: 'https://x.example/v1/'}}");
    own(config);
    assertThat(config.problems().toString()).contains("base_url").contains("/v1");
  }
}
