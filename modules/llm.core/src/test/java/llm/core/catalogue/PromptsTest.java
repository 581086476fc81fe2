package llm.core.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import llm.core.testkit.TestConfig;
import llm.domain.call.Answerer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-4: prompts per provider, model and route")
class PromptsTest {
  private static final String FILE =
      """
      system_prompt: Usual.
      variants:
        - provider: anthropic
          models: ["claude-haiku-*", fast]
          system_prompt: Small Claude.
        - {provider: anthropic, system_prompt: Claude., summarization_prompt: "Claude, sum up {history}"}
        - {models: ["llama*", smart], system_prompt: Llama., response_format_instruction: JSON alone.}
        - {models: ["*"], response_format_instruction: Anybody.}
      """;

  private static Prompts of(String model, String provider, String there) {
    var config = TestConfig.yaml(FILE);
    var prompts = Prompts.read(config.root());
    assertThat(config.problems()).isEmpty();
    return prompts.of(
        model, provider.isEmpty() ? Optional.empty() : Optional.of(new Answerer(provider, there)));
  }

  @ParameterizedTest(name = "{0} at {1}")
  @CsvSource({
    "claude-haiku-4-5, anthropic, claude-haiku-4-5, Small Claude., Anybody.",
    "anthropic/claude-haiku-4-5, anthropic, anthropic/claude-haiku-4-5, Small Claude., Anybody.",
    "quick, anthropic, anthropic/claude-haiku-4-5, Small Claude., Anybody.",
    "fast, anthropic, claude-opus-4-6, Small Claude., Anybody.",
    "fast, ollama, ollama/qwen3, Usual., Anybody.",
    "claude-opus-4-6, anthropic, claude-opus-4-6, Claude., Anybody.",
    "claude-opus-4-6, proxy, proxy/claude-opus-4-6, Usual., Anybody.",
    "llama3.2, ollama, ollama/llama3.2, Llama., JSON alone.",
    "ollama/llama3.2, ollama, ollama/llama3.2, Llama., JSON alone.",
    "smart, anthropic, claude-opus-4-6, Claude., JSON alone.",
    "llama3.2, '', '', Llama., JSON alone.",
    "mock, mock, mock, Usual., Anybody.",
  })
  void eachPromptIsTakenFromTheFirstVariantThatFitsAndHasIt(
      String model, String provider, String there, String system, String format) {
    Prompts chosen = of(model, provider, there);

    assertThat(chosen.systemPrompt().text()).isEqualTo(system);
    assertThat(chosen.responseFormatInstruction().text()).isEqualTo(format);
  }

  @Test
  void promptsThatNoVariantHasAreTheUsualOnes() {
    assertThat(of("claude-opus-4-6", "anthropic", "claude-opus-4-6").summarizationPrompt().text())
        .isEqualTo("Claude, sum up {history}");
    assertThat(of("mock", "mock", "mock").summarizationPrompt())
        .isEqualTo(Prompts.DEFAULTS.summarizationPrompt());
    assertThat(Prompts.DEFAULTS.of("m", Optional.empty())).isEqualTo(Prompts.DEFAULTS);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {system_prompt: Hi} | variants[0].models | must name whom it is for
          {models: [m]} | variants[0].system_prompt | or another prompt must be there
          {models: ['a*b*'], system_prompt: Hi} | variants[0].models | at most one *
          {models: [m], system_prompt: 'Hi {x}'} | variants[0].system_prompt | found {x}
          {models: [m], summarization_prompt: Hi} | variants[0].summarization_prompt | must name the place
          {models: [m], sistem_prompt: Hi, system_prompt: Hi} | variants[0].sistem_prompt | system_prompt
          {provider: nobody, system_prompt: Hi} | variants[0].provider | no provider; there are mock
          """)
  void whatIsWrongWithAVariantIsToldByItsLine(String entry, String key, String says) {
    var config = TestConfig.yaml("variants:\n  - " + entry + "\n");

    Prompts.read(config.root()).requireProviders(config.root(), Set.of("mock"));

    assertThat(config.problems())
        .anySatisfy(problem -> assertThat(problem.toString()).contains("test.yml:2", key, says));
  }
}
