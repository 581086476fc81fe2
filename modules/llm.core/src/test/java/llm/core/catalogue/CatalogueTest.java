package llm.core.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llm.core.testkit.TestConfig;
import llm.domain.model.ModelSpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("D-2: the model catalogue")
class CatalogueTest {
  private static final Path SHIPPED = Path.of("..", "..", "configs");

  @Test
  void readsEveryField() {
    var config =
        TestConfig.yaml(
            """
            models:
              a/b.c-1:
                context_tokens: 1000
                max_output_tokens: 100
                tools: false
                vision: true
                json: true
                input_usd_per_million: 0.5
                output_usd_per_million: 2
                encoding: o200k_base
            """);

    var catalogue = Catalogue.read(config.root());

    assertThat(config.problems()).isEmpty();
    assertThat(catalogue.spec("A/b.c-1"))
        .isEqualTo(
            new ModelSpec(
                1000,
                100,
                false,
                true,
                true,
                Optional.of(new ModelSpec.Price(0.5, 2)),
                Optional.of("o200k_base")));
    assertThat(catalogue.size()).isEqualTo(1);
  }

  @Test
  void findsTheExactIdThenTheLongestBeginningThenTheDefault() {
    var catalogue =
        Catalogue.read(
            TestConfig.yaml(
                    """
                    default: {context_tokens: 1}
                    models:
                      gpt-*: {context_tokens: 2}
                      gpt-4o*: {context_tokens: 3}
                      gpt-4o-mini: {context_tokens: 4}
                      vendor/gpt-*: {context_tokens: 5}
                    """)
                .root());

    assertThat(window(catalogue, "gpt-4o-mini")).isEqualTo(4);
    assertThat(window(catalogue, "gpt-4o-mini-2")).isEqualTo(3);
    assertThat(window(catalogue, "GPT-4o")).isEqualTo(3);
    assertThat(window(catalogue, "gpt-3")).isEqualTo(2);
    assertThat(window(catalogue, "other/gpt-4o")).isEqualTo(3);
    assertThat(window(catalogue, "vendor/gpt-4o")).isEqualTo(5);
    assertThat(window(catalogue, "claude")).isEqualTo(1);
    assertThat(window(catalogue, "x/")).isEqualTo(1);
  }

  @Test
  void knowsAnUnlistedModelByTheDocumentedDefault() {
    assertThat(Catalogue.EMPTY.spec("any")).isEqualTo(ModelSpec.UNKNOWN_MODEL);
    assertThat(Catalogue.read(TestConfig.empty().root()).spec("any"))
        .isEqualTo(ModelSpec.UNKNOWN_MODEL);
  }

  @Test
  void limitsTheDefaultOutputToTheWindow() {
    var catalogue = Catalogue.read(TestConfig.yaml("models: {m: {context_tokens: 4096}}").root());

    assertThat(catalogue.spec("m").maxOutputTokens()).isEqualTo(4096);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          context_tokens: 0 | models.m.context_tokens
          context_tokens: many | models.m.context_tokens
          max_output_tokens: 0 | models.m.max_output_tokens
          {context_tokens: 10, max_output_tokens: 11} | models.m.max_output_tokens
          tools: maybe | models.m.tools
          input_usd_per_million: 1 | models.m.input_usd_per_million
          output_usd_per_million: 1 | models.m.output_usd_per_million
          {input_usd_per_million: -1, output_usd_per_million: 1} | models.m.input_usd_per_million
          {input_usd_per_million: cheap, output_usd_per_million: 1} | models.m.input_usd_per_million
          encoding: p99k | models.m.encoding
          colour: red | models.m.colour
          """)
  void namesFileLineAndKeyOfWhatIsWrong(String entry, String key) {
    String fields = entry.startsWith("{") ? entry : "{" + entry + "}";
    var config = TestConfig.yaml("models:\n  m: " + fields + "\n");

    Catalogue.read(config.root());

    assertThat(config.problems()).isNotEmpty();
    assertThat(config.problems().getFirst()).contains("test.yml:2", key);
  }

  @Test
  void theShippedCatalogueIsRight() throws IOException {
    var config = TestConfig.yaml(Files.readString(SHIPPED.resolve("models.yml")));

    var catalogue = Catalogue.read(config.root());

    assertThat(config.problems()).isEmpty();
    assertThat(catalogue.size()).isGreaterThan(40);
    assertThat(catalogue.spec("not-listed-anywhere"))
        .as("the file's default is the built-in one")
        .isEqualTo(ModelSpec.UNKNOWN_MODEL);
    assertThat(catalogue.spec("gpt-4o-mini-2024-07-18").price())
        .contains(new ModelSpec.Price(0.15, 0.6, 0.075, 0.15));
    assertThat(catalogue.spec("gpt-4").contextTokens()).isEqualTo(8192);
    assertThat(catalogue.spec("anthropic/claude-opus-4-5-20251101").maxOutputTokens())
        .isEqualTo(64_000);
    assertThat(catalogue.spec("gemini-2.5-flash-lite").price())
        .contains(new ModelSpec.Price(0.1, 0.4));
    assertThat(catalogue.spec("meta-llama/Llama-3.3-70B-Instruct").contextTokens())
        .isEqualTo(131_072);
    assertThat(catalogue.spec("mock").contextTokens()).isEqualTo(32_768);
  }

  @Test
  @DisplayName("C-8: the shipped prompts are the built-in ones")
  void theShippedPromptsAreTheBuiltInOnes() throws IOException {
    var config = TestConfig.yaml(Files.readString(SHIPPED.resolve("prompts.yml")));

    assertThat(Prompts.read(config.root())).isEqualTo(Prompts.DEFAULTS);
    assertThat(config.problems()).isEmpty();
    assertThat(Prompts.DEFAULTS.byKey()).hasSize(3);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          system_prompt: 'Hi {name}' | system_prompt | found {name}
          system_prompt: 'Hi {' | system_prompt | without partner
          summarization_prompt: 'Sum it up' | summarization_prompt | must name the place {history}
          summarization_prompt: '{history} {x}' | summarization_prompt | found {x}
          greeting: 'Hi' | greeting | greeting
          """)
  @DisplayName("C-8: a prompt with a wrong place is refused when it is read")
  void refusesPromptsWithWrongPlaces(String yaml, String key, String says) {
    var config = TestConfig.yaml("# prompts\n" + yaml + "\n");

    Prompts.read(config.root());

    assertThat(config.problems()).singleElement().asString().contains("test.yml:2", key, says);
  }

  private static int window(Catalogue catalogue, String id) {
    return catalogue.spec(id).contextTokens();
  }
}
