package llm.domain.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.TokenLimit;
import llm.domain.port.CountingIds;
import llm.domain.port.SettableTime;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("D-3 LlmRequest")
class LlmRequestTest {
  private static final ModelName MODEL = new ModelName("gpt-4o");
  private static final ModelSpec SPEC = spec(1_000, true);
  private static final TokenEstimator COUNTER = new TokenEstimator();
  private static final Message HELLO = Message.user("Hello"); // 3 + 4 + 2 tokens as a prompt
  private static final ToolDefinition READ = tool("read");

  private final SettableTime time = new SettableTime();
  private final CountingIds ids = new CountingIds();

  @Test
  void recordsWhatHappensToItAndHandsItOutOnce() {
    var request = request(ChatRequest.of(MODEL, List.of(HELLO)).withTools(List.of(READ)));
    time.advance(Duration.ofSeconds(1));
    assertThat(request.validate(SPEC, COUNTER)).isEmpty();
    assertThat(request.takeEvents())
        .containsExactly(
            new LlmRequestCreated(new UUID(0, 2), SettableTime.START, request.id(), MODEL, 1, 1),
            new LlmRequestValidated(
                new UUID(0, 3),
                SettableTime.START.plusSeconds(1),
                request.id(),
                MODEL,
                19,
                new TokenLimit(100)));
    assertThat(request.takeEvents()).isEmpty();
  }

  @Test
  void knowsWhatTheAnswerMayTakeOnceItIsValidated() {
    var request = request(ChatRequest.of(MODEL, List.of(HELLO)).withMaxTokens(50));
    assertThat(request.outputBudget()).isEmpty();
    assertThat(request.validate(SPEC, COUNTER)).isEmpty();
    assertThat(request.status()).isEqualTo(RequestStatus.VALIDATED);
    assertThat(request.outputBudget()).contains(new TokenLimit(50));
  }

  @Test
  void hasToBeValidatedAgainAfterAMessageWasAdded() {
    var request = request(ChatRequest.of(MODEL, List.of(HELLO)));
    request.validate(SPEC, COUNTER);
    request.addMessage(Message.assistant("Hi"));
    assertThat(request.chat().messages()).containsExactly(HELLO, Message.assistant("Hi"));
    assertThat(request.status()).isEqualTo(RequestStatus.CREATED);
    assertThat(request.outputBudget()).isEmpty();
  }

  @Test
  void changesNoMoreOnceItsInteractionStarted() {
    var request = request(ChatRequest.of(MODEL, List.of(HELLO)));
    request.validate(SPEC, COUNTER);
    LlmInteraction.start(request);
    assertThat(request.status()).isEqualTo(RequestStatus.STARTED);
    assertThatIllegalStateException()
        .isThrownBy(() -> request.addMessage(HELLO))
        .withMessage("a request whose interaction was started cannot change");
    assertThatIllegalStateException()
        .isThrownBy(() -> request.validate(SPEC, COUNTER))
        .withMessage("a request whose interaction was started is not validated again");
    assertThat(request.chat().messages()).containsExactly(HELLO);
  }

  static Stream<Arguments> faults() {
    var call = new ToolCall("c1", "read", JsonText.EMPTY_OBJECT);
    return Stream.of(
        arguments(
            chat(List.of(READ, tool("stop"), READ), new ToolChoice.Auto(), HELLO),
            LlmError.InvalidRequest.at(
                "tools[2].name", "tool 'read' is there twice; name it once")),
        arguments(
            chat(List.of(), new ToolChoice.Required(), HELLO),
            LlmError.InvalidRequest.at(
                "tool_choice", "a tool must be called, but tools offers none")),
        arguments(
            chat(List.of(READ), new ToolChoice.Named("write"), HELLO),
            LlmError.InvalidRequest.at(
                "tool_choice", "tool 'write' must be called, but tools does not offer it")),
        arguments(
            chat(List.of(), new ToolChoice.Auto(), HELLO, Message.tool("c1", "x")),
            LlmError.InvalidRequest.at(
                "messages[1].tool_call_id",
                "no assistant message before this one makes a call 'c1'")),
        arguments(
            chat(
                List.of(),
                new ToolChoice.Auto(),
                HELLO,
                Message.tool("c1", "x"),
                Message.assistant("", List.of(call))),
            LlmError.InvalidRequest.at(
                "messages[1].tool_call_id",
                "no assistant message before this one makes a call 'c1'")),
        arguments(
            chat(List.of(), new ToolChoice.Auto(), Message.user("x".repeat(4_000))),
            new LlmError.ContextLengthExceeded("gpt-4o", 1_007, 1_000)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void isRefusedForTheFirstThingThatIsWrong(ChatRequest chat, LlmError error) {
    var request = request(chat);
    request.takeEvents();
    assertThat(request.validate(SPEC, COUNTER)).contains(error);
    assertThat(request.status()).isEqualTo(RequestStatus.CREATED);
    assertThat(request.takeEvents()).isEmpty();
  }

  @Test
  void isRefusedWhenItsModelCannotCallTheTools() {
    var request = request(ChatRequest.of(MODEL, List.of(HELLO)).withTools(List.of(READ)));
    assertThat(request.validate(spec(1_000, false), COUNTER))
        .contains(
            new LlmError.Unsupported(
                "tools",
                "model 'gpt-4o' does not call tools; leave tools out or ask another model"));
  }

  static Stream<ChatRequest> soundRequests() {
    var calls =
        Message.assistant(
            "",
            List.of(
                new ToolCall("c1", "read", JsonText.EMPTY_OBJECT),
                new ToolCall("c2", "read", JsonText.EMPTY_OBJECT)));
    return Stream.of(
        chat(List.of(READ), new ToolChoice.Auto(), HELLO),
        chat(List.of(READ), new ToolChoice.None(), HELLO),
        chat(List.of(READ), new ToolChoice.Required(), HELLO),
        chat(List.of(READ), new ToolChoice.Named("read"), HELLO),
        chat(
            List.of(READ),
            new ToolChoice.Auto(),
            HELLO,
            calls,
            Message.tool("c2", "b"),
            Message.tool("c1", "a"),
            calls, // some providers count their ids anew in each answer
            Message.tool("c1", "a")));
  }

  @ParameterizedTest
  @MethodSource("soundRequests")
  void isValidWhenItsPartsFitEachOther(ChatRequest chat) {
    assertThat(request(chat).validate(SPEC, COUNTER)).isEmpty();
  }

  @Test
  void takesAModelWithoutToolsWhenItOffersNone() {
    assertThat(request(ChatRequest.of(MODEL, List.of(HELLO))).validate(spec(9_000, false), COUNTER))
        .isEmpty();
  }

  @Test
  void countsMessagesAndTools() {
    var chat = ChatRequest.of(MODEL, List.of(HELLO));
    assertThat(request(chat).estimateTokens(COUNTER)).isEqualTo(9);
    assertThat(request(chat.withTools(List.of(READ))).estimateTokens(COUNTER)).isEqualTo(19);
  }

  @Test
  void givesTheFiveFieldsOfAnApi() {
    var chat = ChatRequest.of(MODEL, List.of(HELLO)).withTools(List.of(READ)).withMaxTokens(9);
    assertThat(request(chat).toApiFormat())
        .isEqualTo(
            new ApiFormat(MODEL, List.of(HELLO), List.of(READ), Optional.empty(), Optional.of(9)));
  }

  @Test
  void isEqualById() {
    var chat = ChatRequest.of(MODEL, List.of(HELLO));
    var request = LlmRequest.create(chat, time, new CountingIds());
    var same = LlmRequest.create(chat.withMaxTokens(1), time, new CountingIds());
    assertThat(request)
        .isEqualTo(same)
        .hasSameHashCodeAs(same)
        .isNotEqualTo(LlmRequest.create(chat, time, () -> new UUID(1, 1)))
        .isNotEqualTo(chat)
        .hasToString("llm-req-00000000-0000-0000-0000-000000000001 CREATED");
  }

  private LlmRequest request(ChatRequest chat) {
    return LlmRequest.create(chat, time, ids);
  }

  private static ChatRequest chat(
      List<ToolDefinition> tools, ToolChoice choice, Message... messages) {
    return new ChatRequest(
        MODEL,
        List.of(messages),
        tools,
        choice,
        SamplingOptions.DEFAULTS,
        Optional.empty(),
        Extensions.NONE);
  }

  private static ToolDefinition tool(String name) {
    return new ToolDefinition(name, Optional.empty(), JsonText.EMPTY_OBJECT);
  }

  private static ModelSpec spec(int context, boolean tools) {
    return new ModelSpec(context, 100, tools, false, false, Optional.empty(), Optional.empty());
  }
}
