package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import llm.domain.content.Dialect;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatRequestTest {
  private static final ModelName MODEL = new ModelName("mock");
  private static final List<Message> HELLO = List.of(Message.user("Hello"));
  private static final SamplingOptions NONE = SamplingOptions.DEFAULTS;

  @Test
  void asksForNothingByDefault() {
    var request = ChatRequest.of(MODEL, HELLO);
    assertThat(request.toolChoice()).isEqualTo(new ToolChoice.Auto());
    assertThat(request.sampling()).isEqualTo(SamplingOptions.DEFAULTS);
    assertThat(request.maxTokens()).isEmpty();
    assertThat(request.tools()).isEmpty();
    assertThat(request.extensions()).isEqualTo(Extensions.NONE);
    assertThat(request.form()).isEqualTo(AnswerForm.ANY);
    assertThat(request.priority()).isEqualTo(Priority.INTERACTIVE);
  }

  @Test
  void refusesARequestWithoutMessages() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatRequest.of(MODEL, List.of()))
        .withMessage("messages must hold at least one message");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void refusesAnOutputLimitBelowOne(int limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChatRequest.of(MODEL, HELLO).withMaxTokens(limit))
        .withMessage("max_tokens " + limit + " must be at least 1");
  }

  @Test
  void aCallOfItsToolsCanBeDemandedAndStrictnessTakenBack() {
    var demanded = ChatRequest.of(MODEL, HELLO).withToolChoice(new ToolChoice.Required());
    assertThat(demanded.toolChoice()).isEqualTo(new ToolChoice.Required());
    assertThat(demanded.withToolChoice(new ToolChoice.Auto()))
        .isEqualTo(ChatRequest.of(MODEL, HELLO));
    var lenient = new ToolDefinition("f", Optional.empty(), JsonText.EMPTY_OBJECT, false);
    var strict = new ToolDefinition("f", Optional.empty(), JsonText.EMPTY_OBJECT, true);
    assertThat(strict.lenient()).isEqualTo(lenient);
    assertThat(lenient.lenient()).isSameAs(lenient);
  }

  @Test
  void keepsItsPriorityThroughEveryChange() {
    var background = ChatRequest.of(MODEL, HELLO).withPriority(Priority.BACKGROUND);
    assertThat(
            List.of(
                background.withModel(MODEL),
                background.withMessages(messages -> messages),
                background.withTools(List.of()),
                background.withSampling(NONE),
                background.withMaxTokens(1)))
        .extracting(ChatRequest::priority)
        .containsOnly(Priority.BACKGROUND);
  }

  @Test
  void changesOnePartAndKeepsTheRest() {
    var tool = new ToolDefinition("f", Optional.empty(), JsonText.EMPTY_OBJECT);
    var sampling = NONE.withTemperature(Temperature.creative());
    var other = new ModelName("local");
    var request =
        ChatRequest.of(MODEL, HELLO)
            .withModel(other)
            .withTools(List.of(tool))
            .withSampling(sampling)
            .withMaxTokens(7)
            .withPriority(Priority.BACKGROUND)
            .withExtensions(Extensions.NONE)
            .withForm(AnswerForm.ANY)
            .withMessages(messages -> List.of(Message.system("Be brief."), messages.getFirst()));
    assertThat(request)
        .isEqualTo(
            new ChatRequest(
                other,
                List.of(Message.system("Be brief."), Message.user("Hello")),
                List.of(tool),
                new ToolChoice.Auto(),
                sampling,
                Optional.of(7),
                Extensions.NONE,
                Priority.BACKGROUND,
                AnswerForm.ANY));
  }

  @Test
  void keepsItsOwnCopies() {
    var messages = new ArrayList<>(HELLO);
    var extensions = new HashMap<>(Map.of("user", new JsonText("\"u\"")));
    var request =
        new ChatRequest(
            MODEL,
            messages,
            List.of(),
            new ToolChoice.None(),
            NONE,
            Optional.empty(),
            Extensions.of(Dialect.OPENAI_CHAT, extensions));
    messages.clear();
    extensions.clear();
    assertThat(request.messages()).hasSize(1);
    assertThat(request.extensions().fields()).containsKey("user");
    assertThatThrownBy(() -> request.messages().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0 | 0  | 0.0  | top_p 0.0 must be more than 0, at most 1",
        "1.1 | 0  | 0.0  | top_p 1.1 must be more than 0, at most 1",
        "NaN | 0  | 0.0  | top_p NaN must be more than 0, at most 1",
        "0.5 | -1 | 0.0  | top_k -1 must be 0 or more",
        "0.5 | 0  | -0.1 | min_p -0.1 must be 0 to 1",
        "0.5 | 0  | 1.1  | min_p 1.1 must be 0 to 1"
      })
  void refusesSamplingOutOfRange(double topP, int topK, double minP, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sampling(topP, topK, minP))
        .withMessage(message);
  }

  @Test
  void takesSamplingAtTheEndsOfItsRanges() {
    assertThat(sampling(1.0, 0, 0.0).topP()).contains(1.0);
    assertThat(sampling(0.01, 1, 1.0).minP()).contains(1.0);
  }

  @Test
  void refusesTooManyAndEmptyStopStrings() {
    var many = IntStream.range(0, 17).mapToObj(Integer::toString).toList();
    assertThat(stops(many.subList(0, 16)).stop()).hasSize(16);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stops(many))
        .withMessage("stop 17 strings must be at most 16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stops(List.of("")))
        .withMessage("stop an empty string must be not empty");
  }

  private static SamplingOptions sampling(double topP, int topK, double minP) {
    return SamplingOptions.builder().topP(topP).topK(topK).minP(minP).seed(42).build();
  }

  private static SamplingOptions stops(List<String> stops) {
    return SamplingOptions.builder().stop(stops).build();
  }
}
