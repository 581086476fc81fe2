package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-1 ModelName")
class ModelNameTest {

  @ParameterizedTest
  @CsvSource({
    "gpt-4o, OPENAI, true",
    "GPT-4, OPENAI, true",
    "gpt-3.5-turbo, OPENAI, true",
    "gpt-3.5-turbo-instruct, OPENAI, false",
    "chatgpt-4o-latest, OPENAI, false",
    "o1, OPENAI, true",
    "o1-mini, OPENAI, false",
    "o3-mini, OPENAI, true",
    "o4-mini:free, OPENAI, true",
    "openai/gpt-4o, OPENAI, true",
    "openai/whatever, OPENAI, false",
    "openrouter/openai/o3, OPENAI, true",
    "ft:gpt-4o-mini:acme::1, OPENAI, true",
    "text-embedding-3-small, OPENAI, false",
    "claude-3-opus-20240229, ANTHROPIC, true",
    "claude-2.1, ANTHROPIC, false",
    "claude-instant-1.2, ANTHROPIC, false",
    "anthropic/claude-sonnet-4, ANTHROPIC, true",
    "us.anthropic.claude-3-5-sonnet-20241022-v2:0, ANTHROPIC, true",
    "gemini-2.5-pro, GOOGLE, true",
    "models/gemini-1.5-flash, GOOGLE, true",
    "gemini-1.0-pro, GOOGLE, false",
    "google/gemma-2-9b-it, GOOGLE, false",
    "command-r, COHERE, true",
    "command-r-plus-08-2024, COHERE, true",
    "command-r7b-12-2024, COHERE, true",
    "command-light, COHERE, false",
    "cohere/command-a-03-2025, COHERE, true",
    "commander-7b, UNKNOWN, false",
    "llama-3.1-8b-instruct, META, true",
    "llama-3-8b, META, false",
    "llama-7b, META, false",
    "llama3.2:3b, META, true",
    "llama-4-scout, META, true",
    "meta-llama/Llama-3.3-70B-Instruct, META, true",
    "meta.llama3-1-70b-instruct-v1:0, META, true",
    "accounts/fireworks/models/llama-v3p1-70b-instruct, META, false",
    "codellama-34b, META, false",
    "mistral-large-latest, MISTRAL, true",
    "mistralai/Mixtral-8x22B-Instruct-v0.1, MISTRAL, true",
    "mixtral-8x7b, MISTRAL, false",
    "codestral-latest, MISTRAL, true",
    "mistral-embed, MISTRAL, false",
    "local, LOCAL, false",
    "local-qwen, LOCAL, false",
    "local/qwen, LOCAL, false",
    "locality-1, UNKNOWN, false",
    "Qwen2.5-0.5B-Instruct-Q4_K_M.gguf, LOCAL, false",
    "mock, UNKNOWN, false",
    "deepseek-r1-distill-llama-70b, UNKNOWN, false",
    "EleutherAI/gpt-neox-20b, UNKNOWN, false",
  })
  void isToldByItsName(String id, ModelVendor vendor, boolean supportsTools) {
    var name = new ModelName(id);
    assertThat(name.vendor()).isEqualTo(vendor);
    assertThat(name.supportsTools()).isEqualTo(supportsTools);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-4o, 0",
    "claude-3-haiku, 1",
    "gemini-pro, 2",
    "command-r, 3",
    "llama-2, 4",
    "mistral-7b, 5",
    "local, 6",
    "mock, -1"
  })
  void isOfOneVendorAtMost(String id, int whose) {
    List<Predicate<ModelName>> questions =
        List.of(
            ModelName::isOpenAi,
            ModelName::isAnthropic,
            ModelName::isGoogle,
            ModelName::isCohere,
            ModelName::isMeta,
            ModelName::isMistral,
            ModelName::isLocal);
    for (int i = 0; i < questions.size(); i++) {
      assertThat(questions.get(i).test(new ModelName(id))).isEqualTo(i == whose);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", " gpt-4o", "gpt-4o ", "gpt\n4o", "gpt\u00004o"})
  void refusesBlanksAtTheEndsAndControlCharacters(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelName(id))
        .withMessage(
            "model name '"
                + id.replace('\n', '?').replace('\0', '?')
                + "' must be 1 to 256 printable characters without blanks at the ends");
  }

  @Test
  void hasAtMost256Characters() {
    assertThat(new ModelName("x".repeat(256))).hasToString("x".repeat(256));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelName("x".repeat(257)))
        .withMessageStartingWith("model name 'xxx")
        .withMessageContaining("…' (257 characters) must be");
  }
}
