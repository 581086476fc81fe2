package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.prediction.PredictionField;
import llm.core.gateway.Losses;
import llm.core.gateway.attempt.Wishes;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Priority;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-2: what is not done here goes to a provider that does it, and is refused elsewhere")
class RelayedFieldsTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

  /** Resolves every model; those that begin with {@code up/} take all fields. */
  private static final ModelResolver MODELS =
      new ModelResolver() {
        @Override
        public ModelName resolve(Optional<String> asked) {
          return new ModelName(asked.orElseThrow());
        }

        @Override
        public Optional<Dialect> dialect(ModelName model) {
          return switch (model.value()) {
            case "up/m" -> Optional.of(Dialect.OPENAI_CHAT);
            case "claude" -> Optional.of(Dialect.ANTHROPIC);
            default -> Optional.empty();
          };
        }

        @Override
        public boolean holdsCalls(ModelName model) {
          return model.value().equals("held");
        }
      };

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "response_format | { \"type\" : \"json_schema\", \"json_schema\": {\"a\":[1, 2.50]} }",
        "priority | 7",
        "repeat_penalty | 1.10",
        "repetition_penalty | 1.10",
        "response_format | {\"type\":\"json_object\",\"schema\":{\"a\":1}}",
        "reasoning_effort | \"as it comes\"",
        "verbosity | \"high\"",
        "service_tier | \"flex\"",
        "store | true",
        "tools | [{ \"type\" : \"custom\",\"custom\":{\"name\":\"f\"}},{\"type\":\"x\"}]",
        "tool_choice | {\"type\":\"custom\", \"custom\":{\"name\":\"f\"}}",
        "tool_choice | {\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[]}}",
        "prediction | {\"type\":\"content\",\"content\":\"é\"}",
        "chat_template_kwargs | {\"enable_thinking\":false}"
      })
  void aFieldGoesAlongByteForByte(String name, String value) throws LlmException {
    ChatRequest request = read("up/m", "\"" + name + "\":" + value + ",");
    assertThat(request.extensions().fields()).containsOnlyKeys(name);
    assertThat(request.extensions().fields().get(name)).isEqualTo(new JsonText(value));
  }

  @Test
  void whereNobodyTakesThemTheFirstIsRefusedAtItsPlace() {
    LlmError error =
        refusal("mock", "\"response_format\":{\"type\":\"grammar\"},\"store\":true,\"n\":1,");
    assertThat(error).isInstanceOf(LlmError.Unsupported.class);
    assertThat(((LlmError.Unsupported) error).path()).isEqualTo("response_format");
  }

  @Test
  void whatWouldHappenHereAnywayMayBeAnotherThingAtTheProvider() throws LlmException {
    String fields = "\"service_tier\":\"default\",\"store\":false,";
    assertThat(read("up/m", fields).extensions().fields())
        .containsOnlyKeys("service_tier", "store");
    assertThat(read("mock", fields).model().value()).isEqualTo("mock");
  }

  @Test
  void whatOurAnswerCouldNotCarryIsRefusedForAll() {
    assertThat(refusal("up/m", "\"n\":2,")).isInstanceOf(LlmError.Unsupported.class);
    assertThat(refusal("up/m", "\"modalities\":[\"audio\"],"))
        .isInstanceOf(LlmError.Unsupported.class);
    assertThat(refusal("up/m", "\"store\":\"x\","))
        .as("a wrong type is wrong everywhere")
        .isInstanceOf(LlmError.InvalidRequest.class);
  }

  @Test
  void aTierThatIsRelayedIsTheProvidersToKeep() throws LlmException {
    ChatRequest relayed = read("up/m", "\"service_tier\":\"flex\",");
    assertThat(relayed.extensions().fields()).containsOnlyKeys("service_tier");
    assertThat(relayed.priority()).isEqualTo(Priority.INTERACTIVE);
    assertThat(read("mock", "\"service_tier\":\"flex\",").priority())
        .isEqualTo(Priority.BACKGROUND);
  }

  @Test
  void aPredictionChangesNoAnswerAndGoesAlongEverywhere() throws LlmException {
    String text =
        "{\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"text\":\"b\"}]}";
    ChatRequest request = read("mock", "\"prediction\":" + text + ",");
    assertThat(PredictionField.in(request)).contains("ab");
    assertThat(Losses.of(request, Set.of())).containsExactly("prediction");
    assertThat(Losses.of(request, Set.of(Dialect.OPENAI_CHAT))).isEmpty();
    assertThat(Wishes.lost(request, Set.of(), Set.of())).as("who computes with it").isEmpty();
  }

  @Test
  void ourOwnPriorityIsNoFieldOfTheProviders() throws LlmException {
    ChatRequest request = read("up/m", "\"priority\":\"background\",");
    assertThat(request.extensions().fields()).isEmpty();
    assertThat(request.priority()).isEqualTo(Priority.BACKGROUND);
  }

  @Test
  void strictToolsGoToWhoDoesThem() throws LlmException {
    String tools =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}],";
    assertThat(read("up/m", tools).tools().getFirst().strict()).isTrue();
    assertThat(read("claude", tools).tools().getFirst().strict()).isTrue();
    assertThat(refusal("mock", tools)).isInstanceOf(LlmError.Unsupported.class);
  }

  @Test
  void aStrictToolIsOneWhereACallOfItIsDemandedAndHeld() throws LlmException {
    String tools =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}],";
    String demanded = tools + "\"tool_choice\":\"required\",";
    assertThat(read("held", demanded).tools().getFirst().strict()).isTrue();
    assertThat(refusal("held", tools)).isInstanceOf(LlmError.Unsupported.class);
    assertThat(refusal("mock", demanded)).isInstanceOf(LlmError.Unsupported.class);
  }

  private static ChatRequest read(String model, String fields) throws LlmException {
    String body = "{" + fields + "\"model\":\"" + model + "\"," + MESSAGES + "}";
    return OpenAiRequestReader.read(body.getBytes(StandardCharsets.UTF_8), MODELS).request();
  }

  private static LlmError refusal(String model, String fields) {
    return catchThrowableOfType(LlmException.class, () -> read(model, fields)).error();
  }
}
