package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llm.core.gateway.attempt.GuardedStream;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("P-2: the stream contract holds whatever a provider does")
class GuardedStreamTest {
  private static final StreamEvent STARTED = new StreamEvent.Started("m");
  private static final StreamEvent HI = new StreamEvent.TextDelta("hi");
  private static final List<TokenLogprob> LOGPROBS =
      List.of(new TokenLogprob("a", -1, List.of(), List.of()));
  private static final StreamEvent DONE = new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 1));
  private static final StreamEvent CALL = new StreamEvent.ToolCallStarted(0, "c", "f");

  static Stream<Arguments> mended() {
    return Stream.of(
        Arguments.of("all as it should be", List.of(STARTED, HI, DONE), List.of(STARTED, HI, DONE)),
        Arguments.of("no Started", List.of(HI, DONE), List.of(STARTED, HI, DONE)),
        Arguments.of("nothing but Done", List.of(DONE), List.of(STARTED, DONE)),
        Arguments.of("Started twice", List.of(STARTED, STARTED, DONE), List.of(STARTED, DONE)),
        Arguments.of(
            "empty deltas",
            List.of(
                STARTED,
                new StreamEvent.TextDelta(""),
                new StreamEvent.ReasoningDelta(""),
                CALL,
                new StreamEvent.ToolArgumentsDelta(0, ""),
                DONE),
            List.of(STARTED, CALL, DONE)),
        Arguments.of(
            "a character cut in two",
            List.of(
                STARTED,
                new StreamEvent.TextDelta("a\ud83d"),
                new StreamEvent.TextDelta("\ude00b"),
                new StreamEvent.TextDelta("\ud83d"),
                new StreamEvent.TextDelta("\ude00"),
                DONE),
            List.of(
                STARTED,
                new StreamEvent.TextDelta("a"),
                new StreamEvent.TextDelta("😀b"),
                new StreamEvent.TextDelta("😀"),
                DONE)),
        Arguments.of(
            "log probabilities of a character cut in two",
            List.of(
                STARTED,
                new StreamEvent.TextDelta("a\ud83d", LOGPROBS),
                new StreamEvent.TextDelta("", LOGPROBS),
                new StreamEvent.TextDelta("\ude00", LOGPROBS),
                DONE),
            List.of(
                STARTED,
                new StreamEvent.TextDelta("a", LOGPROBS),
                new StreamEvent.TextDelta("", LOGPROBS),
                new StreamEvent.TextDelta("😀", LOGPROBS),
                DONE)),
        Arguments.of(
            "a character of reasoning and one of arguments cut in two",
            List.of(
                STARTED,
                new StreamEvent.ReasoningDelta("\ud83d"),
                new StreamEvent.ReasoningDelta("\ude00"),
                CALL,
                new StreamEvent.ToolArgumentsDelta(0, "{\"a\":\"\ud83d"),
                new StreamEvent.ToolArgumentsDelta(0, "\ude00\"}"),
                DONE),
            List.of(
                STARTED,
                new StreamEvent.ReasoningDelta("😀"),
                CALL,
                new StreamEvent.ToolArgumentsDelta(0, "{\"a\":\""),
                new StreamEvent.ToolArgumentsDelta(0, "😀\"}"),
                DONE)),
        Arguments.of(
            "half a character at the end",
            List.of(STARTED, new StreamEvent.TextDelta("\ud83d"), DONE),
            List.of(STARTED, new StreamEvent.TextDelta("\ufffd"), DONE)),
        Arguments.of(
            "events after the end", List.of(STARTED, DONE, HI, DONE), List.of(STARTED, DONE)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mended")
  void mendsWhatCanBeMended(String what, List<StreamEvent> played, List<StreamEvent> seen)
      throws LlmException {
    var fixture =
        GatewayFixture.with(TestProvider.playing("m", played.toArray(StreamEvent[]::new)));

    assertThat(StreamCheck.drain(fixture.stream("m"))).isEqualTo(seen);
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("no event", new StreamEvent[] {STARTED, null}),
        Arguments.of(
            "arguments of no call",
            new StreamEvent[] {new StreamEvent.ToolArgumentsDelta(0, "{}")}),
        Arguments.of(
            "arguments of a negative call",
            new StreamEvent[] {CALL, new StreamEvent.ToolArgumentsDelta(-1, "{}")}),
        Arguments.of("the same call twice", new StreamEvent[] {CALL, CALL}),
        Arguments.of(
            "a negative call", new StreamEvent[] {new StreamEvent.ToolCallStarted(-1, "c", "f")}),
        Arguments.of(
            "a call far out", new StreamEvent[] {new StreamEvent.ToolCallStarted(9999, "c", "f")}),
        Arguments.of(
            "a call without a name",
            new StreamEvent[] {new StreamEvent.ToolCallStarted(0, "c", " ")}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void failsWhereAStreamIsBroken(String what, StreamEvent[] played) throws LlmException {
    var fixture = GatewayFixture.with(TestProvider.playing("m", played));

    var end = (StreamEvent.Failed) StreamCheck.end(fixture.stream("m"));

    assertThat(end.error()).isInstanceOf(LlmError.ProviderFailed.class);
    assertThat(end.error().message()).startsWith("Provider 'm' broke its stream: it ");
  }

  @Test
  void failsWhenAProviderThrowsOrForgetsItsEnd() throws LlmException {
    var fixture = GatewayFixture.with(TestProvider.playing("m", STARTED, HI));

    List<StreamEvent> events = StreamCheck.drain(fixture.stream("m"));

    assertThat(events).startsWith(STARTED, HI);
    assertThat(((StreamEvent.Failed) events.getLast()).error()).isEqualTo(new LlmError.Internal());
    assertThat(fixture.telemetry.events("provider_threw").getFirst().text("error").orElseThrow())
        .contains("nothing left to play");
  }

  @Test
  void passesOnWhatAProviderThrowsAsAnError() throws LlmException {
    var error = new LlmError.ProviderFailed("m", "socket closed");
    var fixture =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) ->
                    new Behaving() {
                      @Override
                      public StreamEvent next() throws LlmException {
                        throw new LlmException(error);
                      }
                    }));

    assertThat(StreamCheck.end(fixture.stream("m")))
        .isEqualTo(new StreamEvent.Failed(error, Usage.NONE));
  }

  @Test
  void survivesAProviderThatThrowsFromHasReadyAndClose() throws LlmException {
    var played = new TestProvider.Played(STARTED, HI, DONE);
    var fixture =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) ->
                    new Behaving() {
                      @Override
                      public StreamEvent next() {
                        return played.next();
                      }

                      @Override
                      public boolean hasReady() {
                        throw new IllegalStateException("no");
                      }

                      @Override
                      public void close() {
                        throw new IllegalStateException("no");
                      }
                    }));

    assertThat(StreamCheck.drain(fixture.stream("m"))).containsExactly(STARTED, HI, DONE);
  }

  @Test
  void tellsACancellationByItsReasonHoweverTheProviderPutsIt() throws LlmException {
    for (CancelReason reason : CancelReason.values()) {
      var fixture =
          GatewayFixture.with(
              TestProvider.of(
                  "m",
                  (_, own) ->
                      new Behaving() {
                        @Override
                        public StreamEvent next() {
                          own.cancel(reason);
                          var closed = new LlmError.ProviderFailed("m", "socket closed");
                          return new StreamEvent.Failed(closed, Usage.of(7, 1));
                        }
                      }));

      StreamEvent.Terminal end = StreamCheck.end(fixture.stream("m"));

      assertThat(end.usage()).isEqualTo(Usage.of(7, 1));
      switch (end) {
        case StreamEvent.Failed failed -> {
          assertThat(reason.isFailure()).isTrue();
          assertThat(((LlmError.DeadlineExceeded) failed.error()).reason()).isEqualTo(reason);
        }
        case StreamEvent.Cancelled cancelled -> {
          assertThat(reason.isFailure()).isFalse();
          assertThat(cancelled.reason()).isEqualTo(reason);
        }
        case StreamEvent.Done _ -> throw new AssertionError("not done");
      }
    }
  }

  @Test
  void keepsAnAnswerThatWasCompleteInSpiteOfTheCancellation() throws LlmException {
    var fixture =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, own) -> {
                  own.cancel(CancelReason.USER);
                  return new TestProvider.Played(STARTED, DONE);
                }));

    assertThat(StreamCheck.end(fixture.stream("m"))).isEqualTo(DONE);
  }

  @Test
  void cutsOffAProviderThatGoesOnAfterItsCancellation() throws LlmException {
    var fixture =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) ->
                    new Behaving() {
                      @Override
                      public StreamEvent next() {
                        return HI;
                      }
                    }));
    try (var stream = fixture.stream("m")) {
      stream.next();
      stream.next();
      fixture.call.cancel(CancelReason.USER);

      List<StreamEvent> rest = pullAll(stream);

      assertThat(((StreamEvent.Cancelled) rest.getLast()).reason()).isEqualTo(CancelReason.USER);
      assertThat(rest).hasSizeLessThanOrEqualTo(GuardedStream.MOST_AFTER_CANCEL + 1);
    }
  }

  @Test
  void countsWhatWasGeneratedForAConsumerThatLeft() throws LlmException {
    var fixture = GatewayFixture.with(TestProvider.playing("m", STARTED, HI, HI, HI, DONE));
    var stream = fixture.stream("m");
    stream.next();
    stream.next();
    stream.next();

    stream.close();

    var line = fixture.telemetry.events("llm_request").getFirst();
    assertThat(line.fields()).containsEntry("completion_tokens", 2L);
    Usage usage = ((StreamEvent.Cancelled) stream.next()).usage();
    assertThat(usage.completionTokens()).isEqualTo(2);
    assertThat(usage.promptTokens()).isPositive();
  }

  @Test
  void countsWhatWasGeneratedWhereAProviderThatBrokeOffDoesNotSay() throws LlmException {
    var error = new LlmError.ProviderFailed("m", "socket closed");
    var longText = new StreamEvent.TextDelta("x".repeat(400));
    var fixture =
        GatewayFixture.with(
            TestProvider.playing(
                "m", STARTED, HI, longText, new StreamEvent.Failed(error, Usage.NONE)));

    var end = (StreamEvent.Failed) StreamCheck.end(fixture.stream("m"));

    assertThat(end.error()).isEqualTo(error);
    assertThat(end.usage().completionTokens()).isEqualTo(100);
    assertThat(end.usage().promptTokens()).isPositive();
  }

  @Test
  void endsAsCancelledWhenItIsClosedBeforeItsEnd() throws LlmException {
    var played = new TestProvider.Played(STARTED, HI, DONE);
    var fixture = GatewayFixture.with(TestProvider.of("m", (_, _) -> played));
    var stream = fixture.stream("m");
    stream.next();

    stream.close();
    stream.close();

    assertThat(played.closes).isEqualTo(1);
    assertThat(fixture.eventNames()).last().isEqualTo("LlmInteractionFailed");
    assertThat(fixture.telemetry.events("llm_request")).hasSize(1);
    assertThat(stream.hasReady()).isTrue();
    assertThat(stream.next()).isEqualTo(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.NONE));
    assertThat(stream.hasReady()).isFalse();
    assertThatThrownBy(stream::next).isInstanceOf(IllegalStateException.class);
    assertThat(fixture.clock.alarmCount()).as("only the call's own deadline is left").isEqualTo(1);
  }

  @Test
  void wakesAConsumerThatWaitsWhenItIsClosedFromAnotherThread() throws Exception {
    var waiting = new CountDownLatch(1);
    var closed = new CountDownLatch(1);
    var fixture =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) ->
                    new Behaving() {
                      @Override
                      public StreamEvent next() {
                        waiting.countDown();
                        awaitLatch(closed);
                        return new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.of(2, 0));
                      }

                      @Override
                      public void close() {
                        closed.countDown();
                      }
                    }));
    var stream = fixture.stream("m");
    var end = new CompletableFuture<StreamEvent>();
    Thread.ofVirtual().start(() -> end.complete(nextOf(stream)));
    awaitLatch(waiting);

    stream.close();
    stream.close();

    assertThat(end.get(10, TimeUnit.SECONDS))
        .isEqualTo(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.of(2, 0)));
    assertThat(fixture.telemetry.events("llm_request")).hasSize(1);
  }

  @Test
  void halfACharacterIsNothingThatIsReady() throws LlmException {
    var half = new StreamEvent.TextDelta("\uD83D");
    var fixture = GatewayFixture.with(TestProvider.playing("m", STARTED, HI, half));
    try (var stream = fixture.stream("m")) {
      stream.next();
      assertThat(stream.hasReady()).isTrue();
      assertThat(stream.next()).isEqualTo(HI);
      assertThat(stream.hasReady()).isFalse();
      assertThat(fixture.telemetry.events("provider_threw")).as("asked for more").isEmpty();
    }
  }

  @Test
  void leavesNoAlarmBehind() throws LlmException {
    var fixture = GatewayFixture.with(TestProvider.playing("m", STARTED, HI, DONE));

    StreamCheck.drain(fixture.stream("m"));
    fixture.call.end();

    assertThat(fixture.clock.alarmCount()).isZero();
  }

  private static List<StreamEvent> pullAll(EventStream<StreamEvent> stream) throws LlmException {
    var events = new ArrayList<StreamEvent>();
    do {
      events.add(stream.next());
    } while (!(events.getLast() instanceof StreamEvent.Terminal));
    return events;
  }

  private static StreamEvent nextOf(EventStream<StreamEvent> stream) {
    try {
      return stream.next();
    } catch (LlmException thrown) {
      throw new AssertionError(thrown);
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  private abstract static class Behaving implements EventStream<StreamEvent> {
    @Override
    public boolean hasReady() {
      return false;
    }

    @Override
    public void close() {}
  }
}
