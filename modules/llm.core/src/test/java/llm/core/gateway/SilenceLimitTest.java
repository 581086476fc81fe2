package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.FIRST_TOKEN;
import static llm.core.gateway.GatewayFixture.IDLE;
import static llm.core.gateway.GatewayFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Limits of first token and silence, stepped by hand")
class SilenceLimitTest {
  private static final int ALARMS_IN_A_WAIT = 3; // deadline, limit, pause
  private static final StreamEvent STARTED = new StreamEvent.Started("m");
  private static final StreamEvent HI = new StreamEvent.TextDelta("hi");
  private static final StreamEvent DONE = new StreamEvent.Done(FinishReason.STOP, Usage.of(5, 3));
  private static final Duration LONG = Duration.ofMinutes(30);

  private final LinkedBlockingQueue<StreamEvent> seen = new LinkedBlockingQueue<>();

  @Test
  void failsWhenNoFirstTokenComes() throws Exception {
    var fixture = playing(emit(STARTED), pause(LONG), emit(HI), emit(DONE));
    consume(fixture.stream("m"));
    assertThat(take()).isEqualTo(STARTED);
    awaitWait(fixture);

    fixture.clock.advance(FIRST_TOKEN.minusMillis(1));
    assertThat(seen).isEmpty();
    fixture.clock.advance(Duration.ofMillis(1));

    expectExceeded(CancelReason.FIRST_TOKEN, FIRST_TOKEN);
  }

  @Test
  void countsTheWaitForAcceptanceToTheFirstTokenOfAStream() throws Exception {
    var fixture = GatewayFixture.with(TestProvider.of("m", (_, call) -> acceptNever(call)));
    var refusal = new CompletableFuture<LlmException>();
    Thread.ofVirtual()
        .start(() ->
            refusal.complete(catchThrowableOfType(LlmException.class, () -> fixture.stream("m"))));
    awaitAcceptance();

    fixture.clock.advance(FIRST_TOKEN);

    assertThat(refusal.get(10, TimeUnit.SECONDS).error())
        .isEqualTo(
            new LlmError.DeadlineExceeded(CancelReason.FIRST_TOKEN, "Model 'm'", FIRST_TOKEN));
  }

  private final CountDownLatch accepting = new CountDownLatch(1);

  private void awaitAcceptance() throws InterruptedException {
    assertThat(accepting.await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** An upstream that takes the request and says nothing until it is left. */
  private EventStream<StreamEvent> acceptNever(Call call) throws LlmException {
    var left = new CountDownLatch(1);
    try (var _ = call.onCancel(left::countDown)) {
      accepting.countDown();
      left.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    throw new LlmException(new LlmError.Cancelled(call.cancelled().orElseThrow()));
  }

  @Test
  void failsWhenASilenceAfterTheFirstTokenIsTooLong() throws Exception {
    var fixture = playing(emit(STARTED), emit(HI), pause(LONG), emit(DONE));
    consume(fixture.stream("m"));
    assertThat(List.of(take(), take())).containsExactly(STARTED, HI);
    awaitWait(fixture);

    fixture.clock.advance(IDLE);

    expectExceeded(CancelReason.IDLE, IDLE);
  }

  @Test
  void letsAStreamLastAsLongAsItKeepsComing() throws Exception {
    Duration almost = IDLE.minusMillis(1);
    var fixture =
        playing(
            emit(STARTED),
            emit(HI),
            pause(almost),
            emit(HI),
            pause(almost),
            emit(HI),
            pause(almost),
            emit(DONE));
    consume(fixture.stream("m"));
    for (int round = 0; round < 3; round++) {
      awaitWait(fixture);
      fixture.clock.advance(almost);
      awaitSeen(3 + round);
    }

    assertThat(List.copyOf(seen)).containsExactly(STARTED, HI, HI, HI, DONE);
  }

  @Test
  void countsOnlyTheTimeInWhichTheConsumerWaits() throws Exception {
    var fixture = playing(emit(STARTED), emit(HI), emit(HI), emit(DONE));
    try (var stream = fixture.stream("m")) {
      fixture.clock.advance(LONG);
      assertThat(stream.next()).isEqualTo(STARTED);
      assertThat(stream.next()).isEqualTo(HI);
      fixture.clock.advance(LONG.minusSeconds(1));
      assertThat(stream.next()).isEqualTo(HI);
      assertThat(stream.next()).isEqualTo(DONE);
    }
  }

  @Test
  void endsWithTheCallsDeadlineAtTheLatest() throws Exception {
    var fixture = playing(emit(STARTED), emit(HI), pause(Duration.ofDays(1)), emit(DONE));
    var stream = fixture.stream("m");
    stream.next();
    stream.next();
    fixture.clock.advance(Duration.ofHours(1));

    var end = (StreamEvent.Failed) stream.next();

    assertThat(end.error())
        .isEqualTo(
            new LlmError.DeadlineExceeded(
                CancelReason.DEADLINE, "Model 'm'", fixture.call.deadline().budget()));
    stream.close();
  }

  private GatewayFixture playing(Step... steps) {
    GatewayFixture[] made = new GatewayFixture[1];
    made[0] =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, own) ->
                    new ScriptedStream(
                        List.of(steps).iterator(),
                        "m",
                        _ -> Usage.NONE,
                        own,
                        made[0].clock,
                        () -> {})));
    return made[0];
  }

  private void consume(EventStream<StreamEvent> stream) {
    Thread.ofVirtual()
        .start(() -> {
          try (stream) {
            StreamEvent event;
            do {
              event = stream.next();
              seen.add(event);
            } while (!(event instanceof StreamEvent.Terminal));
          } catch (llm.domain.error.LlmException thrown) {
            throw new AssertionError(thrown);
          }
        });
  }

  private void expectExceeded(CancelReason reason, Duration budget) throws InterruptedException {
    var end = (StreamEvent.Failed) take();
    assertThat(end.error()).isEqualTo(new LlmError.DeadlineExceeded(reason, "Model 'm'", budget));
  }

  private StreamEvent take() throws InterruptedException {
    StreamEvent event = seen.poll(10, TimeUnit.SECONDS);
    assertThat(event).as("an event within 10 s").isNotNull();
    return event;
  }

  private void awaitSeen(int count) {
    await(() -> seen.size() >= count);
  }

  /** The consumer waits when its pause has set its alarm, which is after the limit was told. */
  private static void awaitWait(GatewayFixture fixture) {
    await(() -> fixture.clock.alarmCount() == ALARMS_IN_A_WAIT);
  }

  private static Step emit(StreamEvent event) {
    return new Step.Emit(event);
  }

  private static Step pause(Duration time) {
    return new Step.Pause(time);
  }
}
