package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.Continuation;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-7: an answer goes on where its provider fails")
class FailoverTest {
  private static final LlmError CUT = new LlmError.ProviderFailed("a", "Provider 'a' was cut.");
  private static final StreamEvent FAILED = new StreamEvent.Failed(CUT, Usage.of(5, 10));
  private static final StreamEvent DONE =
      new StreamEvent.Done(FinishReason.STOP, new Usage(7, 3, 2));

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofHours(1));
  private TestProvider second;

  private static StreamEvent started(String model) {
    return new StreamEvent.Started(model);
  }

  private static StreamEvent text(String text) {
    return new StreamEvent.TextDelta(text);
  }

  private static StreamEvent thought(String text) {
    return new StreamEvent.ReasoningDelta(text);
  }

  private List<StreamEvent> answer(
      ChatRequest request, Continuation how, StreamEvent[] one, StreamEvent... other)
      throws LlmException {
    return StreamCheck.drain(stream(request, how, one, other));
  }

  private EventStream<StreamEvent> stream(
      ChatRequest request, Continuation how, StreamEvent[] one, StreamEvent... other)
      throws LlmException {
    second = TestProvider.playing("b", other);
    second.continuation = how;
    var config =
        TestConfig.yaml(
            """
            resilience: {attempts: 1}
            routes:
              r: {targets: [{provider: a, model: a}, {provider: b, model: b}]}
              told: {targets: [{provider: a, model: a},
                {provider: b, model: b, continue_by_instruction: true}]}
            """);
    var gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(
                new ProviderSetup.Ready(TestProvider.playing("a", one)),
                new ProviderSetup.Ready(second)),
            new Gateway.Routing(config.root(), new Random(1)),
            Catalogue.read(TestConfig.yaml("").root()),
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {});
    assertThat(config.problems()).isEmpty();
    return gateway.stream(request, call);
  }

  private static StreamEvent[] events(StreamEvent... events) {
    return events;
  }

  private static ChatRequest ask(String route) {
    return GatewayFixture.ask(route, "hi");
  }

  private ChatRequest asked() {
    return second.asked.getFirst();
  }

  @Test
  void textGoesOnFromItsEndAndUsageIsThatOfBoth() throws LlmException {
    var first = events(started("a"), text("Hello "), text("wor"), FAILED);

    var events =
        answer(
            ask("r").withMaxTokens(100),
            Continuation.PREFILLED,
            first,
            started("b"),
            text("ld"),
            DONE);

    assertThat(events)
        .containsExactly(
            started("a"),
            text("Hello "),
            text("wor"),
            text("ld"),
            new StreamEvent.Done(FinishReason.STOP, new Usage(12, 13, 2)));
    assertThat(asked().messages())
        .containsExactly(Message.user("hi"), Message.assistant("Hello wor"));
    assertThat(asked().form().continues()).isTrue();
    assertThat(asked().maxTokens()).isEqualTo(Optional.of(90));
    assertThat(telemetry.metrics().prometheusText())
        .contains("llm_failovers_total{from=\"a\",to=\"b\",kind=\"prefill\"} 1");
    assertThat(telemetry.events("llm_failover")).hasSize(1);
    assertThat(call.notes()).containsEntry("x-llm-failovers", "1");
  }

  @Test
  void spaceAtTheEndIsNotSentAndNotGivenTwice() throws LlmException {
    var first = events(started("a"), text("one\n\n"), FAILED);

    var events =
        answer(ask("r"), Continuation.PREFILLED, first, started("b"), text("\n\n  two"), DONE);

    assertThat(StreamCheck.text(events)).isEqualTo("one\n\n  two");
    assertThat(asked().messages()).last().isEqualTo(Message.assistant("one"));
  }

  @Test
  void whoIsToldInWordsMayRepeatTheEnd() throws LlmException {
    var first = events(started("a"), text("The quick brown"), FAILED);

    var events =
        answer(
            ask("told"),
            Continuation.IF_ALLOWED,
            first,
            started("b"),
            text("quick "),
            text("brown fox"),
            DONE);

    assertThat(StreamCheck.text(events)).isEqualTo("The quick brown fox");
    assertThat(asked().messages()).hasSize(3);
    assertThat(asked().messages().get(1)).isEqualTo(Message.assistant("The quick brown"));
    assertThat(asked().messages().get(2).text()).startsWith("Your answer was cut off");
  }

  @Test
  void whereNobodyMayGoOnTheFailureIsToldOnce() throws LlmException {
    for (Continuation how : List.of(Continuation.NEVER, Continuation.IF_ALLOWED)) {
      var first = events(started("a"), text("The quick"), FAILED);

      var events = answer(ask("r"), how, first, started("b"), text("!"), DONE);

      assertThat(events).containsExactly(started("a"), text("The quick"), FAILED);
      assertThat(second.asked).isEmpty();
    }
  }

  @Test
  void nothingIsSeenOfWhoFailedBeforeItSaidAnything() throws LlmException {
    var late = new LlmError.DeadlineExceeded(CancelReason.IDLE, "Model 'a'", Duration.ofSeconds(1));
    var first = events(started("a"), new StreamEvent.Failed(late, Usage.NONE));

    var events = answer(ask("r"), Continuation.NEVER, first, started("b"), text("hi"), DONE);

    assertThat(events).containsExactly(started("b"), text("hi"), DONE);
    assertThat(asked().messages()).containsExactly(Message.user("hi"));
  }

  @Test
  void afterReasoningAloneTheAnswerBeginsAnewAndItsReasoningIsNotShown() throws LlmException {
    var first = events(started("a"), thought("Hm."), FAILED);

    var events =
        answer(
            ask("r"),
            Continuation.NEVER,
            first,
            started("b"),
            thought("So."),
            new StreamEvent.ReasoningSigned("proof", Dialect.ANTHROPIC),
            text("42"),
            DONE);

    assertThat(events.subList(0, 3)).containsExactly(started("a"), thought("Hm."), text("42"));
    assertThat(events).hasSize(4);
  }

  @Test
  void aToolCallThatHadBegunIsGoneOnWithByNobody() throws LlmException {
    var first =
        events(
            started("a"),
            text("Let me see."),
            new StreamEvent.ToolCallStarted(0, "c1", "weather"),
            new StreamEvent.ToolArgumentsDelta(0, "{\"ci"),
            FAILED);

    var events = answer(ask("r"), Continuation.PREFILLED, first, started("b"), text("!"), DONE);

    var end = (StreamEvent.Failed) events.getLast();
    assertThat(end.error()).isInstanceOf(LlmError.ProviderFailed.class);
    assertThat(end.error().message())
        .isEqualTo(
            "Provider 'a' was cut. It had begun to call a tool, which nobody else can go on with.");
    assertThat(second.asked).isEmpty();
  }

  @Test
  void jsonGoesOnAsTextAndMustBeJsonTogether() throws LlmException {
    var wanted = ask("r").form().withFormat(new ResponseFormat.JsonObject());
    var first = events(started("a"), text("{\"a\": [1,"), FAILED);

    var whole =
        answer(
            ask("r").withForm(wanted),
            Continuation.PREFILLED,
            first,
            started("b"),
            text(" 2]}"),
            DONE);
    assertThat(StreamCheck.text(whole)).isEqualTo("{\"a\": [1, 2]}");
    assertThat(whole.getLast()).isInstanceOf(StreamEvent.Done.class);
    assertThat(asked().form().format()).isEqualTo(new ResponseFormat.Text());

    var broken =
        answer(
            ask("r").withForm(wanted),
            Continuation.PREFILLED,
            events(started("a"), text("{\"a\": [1,"), FAILED),
            started("b"),
            text("{\"a\": 1}"),
            DONE);
    assertThat(broken.getLast()).isInstanceOf(StreamEvent.Failed.class);
  }

  @Test
  void whoseContinuationIsARefusalDoesNotGoOn() throws LlmException {
    var first = events(started("a"), text("Sure: "), FAILED);

    var events =
        answer(
            ask("r"),
            Continuation.PREFILLED,
            first,
            started("b"),
            new StreamEvent.RefusalStarted(),
            text("I cannot."),
            DONE);

    assertThat(StreamCheck.text(events)).isEqualTo("Sure: ");
    assertThat(events.getLast()).isInstanceOf(StreamEvent.Failed.class);
  }

  @Test
  void whatTheNextOneHasToBeAskedForIsNotReady() throws LlmException {
    var first = events(started("a"), text("Sure: "), FAILED);
    var refusal = new StreamEvent.RefusalStarted();
    try (var stream =
        stream(ask("r"), Continuation.PREFILLED, first, started("b"), text("no"), refusal)) {
      assertThat(stream.next()).isEqualTo(started("a"));
      assertThat(stream.next()).isEqualTo(text("Sure: "));
      assertThat(stream.hasReady()).as("it failed").isFalse();
      assertThat(stream.next()).isEqualTo(text("no"));
      assertThat(stream.hasReady()).as("it would not go on").isFalse();
      assertThat(stream.next()).isInstanceOf(StreamEvent.Failed.class);
    }
  }
}
