package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent.Cancelled;
import llm.domain.chat.StreamEvent.Done;
import llm.domain.chat.StreamEvent.Failed;
import llm.domain.chat.StreamEvent.ReasoningDelta;
import llm.domain.chat.StreamEvent.Started;
import llm.domain.chat.StreamEvent.TextDelta;
import llm.domain.chat.StreamEvent.ToolArgumentsDelta;
import llm.domain.chat.StreamEvent.ToolCallStarted;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;

class ResultCollectorTest {
  private static final Usage USAGE = Usage.of(3, 4);

  @Test
  void joinsTheDeltasOfAnAnswer() throws LlmException {
    var stream =
        new ScriptedStream(
            new Started("mock-2"),
            new ReasoningDelta("Let me "),
            new ReasoningDelta("think."),
            new TextDelta("Hel"),
            new TextDelta("lo"),
            new Done(FinishReason.STOP, USAGE));
    assertThat(ResultCollector.collect("mock", stream))
        .isEqualTo(
            new ChatResult(
                "mock-2", "Hello", "Let me think.", List.of(), FinishReason.STOP, USAGE));
    assertThat(stream.isClosed()).isTrue();
  }

  @Test
  void keepsThoughtsApartWithTheirProofs() throws LlmException {
    var stream =
        new ScriptedStream(
            new ReasoningDelta("a"),
            new ReasoningDelta("b"),
            new StreamEvent.ReasoningSigned("proof", Dialect.ANTHROPIC),
            new StreamEvent.ReasoningSigned("proof of nothing", Dialect.ANTHROPIC),
            new ReasoningDelta("c"),
            new StreamEvent.ReasoningHidden("xyz", Dialect.ANTHROPIC),
            new StreamEvent.ReasoningHidden("uvw", Dialect.ANTHROPIC),
            new TextDelta("Hello"),
            new Done(FinishReason.STOP, USAGE, Optional.of("END")));
    ChatResult result = ResultCollector.collect("mock", stream);
    assertThat(result.thoughts())
        .containsExactly(
            Thought.signed("ab", new Proof(Dialect.ANTHROPIC, "proof")),
            Thought.signed("", new Proof(Dialect.ANTHROPIC, "proof of nothing")),
            Thought.of("c"),
            Thought.hidden(new Proof(Dialect.ANTHROPIC, "xyz")),
            Thought.hidden(new Proof(Dialect.ANTHROPIC, "uvw")));
    assertThat(result.reasoning()).isEqualTo("abc");
    assertThat(result.course()).isEmpty();
    assertThat(result.isRefusal()).isFalse();
    assertThat(result.stopSequence()).contains("END");
  }

  @Test
  void joinsTheLogProbabilitiesOfTheDeltas() throws LlmException {
    var first = TokenLogprob.of(new byte[] {'H'}, -1, List.of());
    var part = TokenLogprob.of(new byte[] {(byte) 0xc3}, -2, List.of());
    var rest = TokenLogprob.of(new byte[] {(byte) 0xbc}, -3, List.of());
    var stream =
        new ScriptedStream(
            new TextDelta("H", List.of(first)),
            new TextDelta("", List.of(part)),
            new TextDelta("ü", List.of(rest)),
            new Done(FinishReason.STOP, USAGE));
    ChatResult result = ResultCollector.collect("mock", stream);
    assertThat(result.text()).isEqualTo("Hü");
    assertThat(result.logprobs()).containsExactly(first, part, rest);
    ChatResult counted = result.withUsage(Usage.of(1, 2));
    assertThat(counted.usage()).isEqualTo(Usage.of(1, 2));
    assertThat(new Done(FinishReason.STOP, USAGE).withUsage(Usage.of(1, 2)).usage())
        .isEqualTo(Usage.of(1, 2));
    assertThat(counted.withUsage(USAGE)).isEqualTo(result);
  }

  @Test
  void tellsTheCourseOfAnAnswerThatIsMoreThanThoughtsThenWordsThenCalls() throws LlmException {
    var likely = TokenLogprob.of(new byte[] {'b'}, -1, List.of());
    var aside = new StreamEvent.Aside(Dialect.ANTHROPIC, "block", new JsonText("{}"));
    var more = new Extensions(Dialect.ANTHROPIC, Map.of("x", new JsonText("1")));
    var stream =
        new ScriptedStream(
            new ReasoningDelta("hm"),
            new TextDelta("a"),
            new TextDelta("b", List.of(likely)),
            aside,
            new TextDelta("", List.of(likely)),
            aside,
            aside,
            new ToolCallStarted(0, "c1", "read"),
            new ReasoningDelta("h"),
            new ReasoningDelta("m"),
            new StreamEvent.ReasoningSigned("s", Dialect.ANTHROPIC),
            new ToolArgumentsDelta(0, "{}"),
            new StreamEvent.RefusalStarted(),
            new TextDelta("no"),
            new Done(FinishReason.STOP, USAGE, Optional.empty(), more));
    ChatResult result = ResultCollector.collect("mock", stream);
    assertThat(result.text()).isEqualTo("abno");
    assertThat(result.isRefusal()).isTrue();
    assertThat(result.extensions()).isEqualTo(more);
    assertThat(result.course())
        .containsExactly(
            new ReasoningDelta("hm"),
            new TextDelta("ab", List.of(likely)),
            aside,
            new TextDelta("", List.of(likely)),
            aside,
            aside,
            new ToolCallStarted(0, "c1", "read"),
            new ToolArgumentsDelta(0, "{}"),
            new ReasoningDelta("hm"),
            new StreamEvent.ReasoningSigned("s", Dialect.ANTHROPIC),
            new StreamEvent.RefusalStarted(),
            new TextDelta("no"));
    assertThat(result.withUsage(Usage.of(1, 2)).course()).isEqualTo(result.course());
  }

  @Test
  void keepsTheModelAskedForUntilTheStreamNamesOne() throws LlmException {
    var stream = new ScriptedStream(new Done(FinishReason.STOP, USAGE));
    assertThat(ResultCollector.collect("mock", stream).model()).isEqualTo("mock");
  }

  @Test
  void joinsArgumentsOfParallelCallsThatComeInterleaved() throws LlmException {
    var stream =
        new ScriptedStream(
            new ToolCallStarted(0, "c1", "read"),
            new ToolArgumentsDelta(0, "{\"a\""),
            new ToolCallStarted(1, "c2", "write"),
            new ToolArgumentsDelta(1, "{}"),
            new ToolArgumentsDelta(0, ":1}"),
            new Done(FinishReason.TOOL_CALLS, USAGE));
    assertThat(ResultCollector.collect("mock", stream).toolCalls())
        .containsExactly(
            new ToolCall("c1", "read", new JsonText("{\"a\":1}")),
            new ToolCall("c2", "write", new JsonText("{}")));
  }

  @Test
  void showsWhatCameSoFar() {
    var collector = new ResultCollector("mock");
    collector.add(new TextDelta("Hel"));
    collector.add(new ToolCallStarted(0, "c1", "read"));
    assertThat(collector.text()).isEqualTo("Hel");
    assertThat(collector.toolCalls()).containsExactly(new ToolCall("c1", "read", new JsonText("")));
  }

  @Test
  void throwsTheErrorOfAFailedStreamAndClosesIt() {
    var error = new LlmError.ProviderFailed("openai", "The provider broke off.");
    var stream = new ScriptedStream(new TextDelta("Hel"), new Failed(error, USAGE));
    assertThatThrownBy(() -> ResultCollector.collect("mock", stream))
        .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.error()).isEqualTo(error))
        .hasMessage("The provider broke off.");
    assertThat(stream.isClosed()).isTrue();
  }

  @Test
  void throwsTheReasonOfACancelledStream() {
    var stream = new ScriptedStream(new Cancelled(CancelReason.USER, USAGE));
    assertThatThrownBy(() -> ResultCollector.collect("mock", stream))
        .isInstanceOfSatisfying(
            LlmException.class,
            e -> assertThat(e.error()).isEqualTo(new LlmError.Cancelled(CancelReason.USER)));
  }

  @Test
  void refusesEventsThatNoStreamMayGive() {
    var collector = new ResultCollector("mock");
    collector.add(new ToolCallStarted(1, "c1", "read"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(new ToolCallStarted(1, "c2", "read")))
        .withMessage("tool call 1 was started already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(new ToolArgumentsDelta(0, "{}")))
        .withMessage("no tool call 0 was started");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collector.add(new Done(FinishReason.STOP, USAGE)))
        .withMessage("a terminal event goes to finish()");
  }
}
