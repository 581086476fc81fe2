package llm.core.scripted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;

class ScriptedStreamTest {
  private static final StreamEvent STARTED = new StreamEvent.Started("m");
  private static final StreamEvent HI = new StreamEvent.TextDelta("hi");
  private static final StreamEvent DONE = new StreamEvent.Done(FinishReason.STOP, Usage.of(1, 2));

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);
  private final AtomicInteger ends = new AtomicInteger();

  @Test
  void playsItsScript() {
    assertThat(StreamCheck.drain(stream(emit(STARTED), emit(HI), emit(DONE))))
        .containsExactly(STARTED, HI, DONE);
    assertThat(ends).hasValue(1);
    assertThat(call.cancelled()).as("closing after the end cancels nothing").isEmpty();
  }

  @Test
  void waitsForItsPausesByTheClock() throws Exception {
    var stream = stream(emit(STARTED), pause(5), pause(5), emit(HI), emit(DONE));
    assertThat(stream.hasReady()).isTrue();
    assertThat(stream.next()).isEqualTo(STARTED);
    assertThat(stream.hasReady()).isFalse();
    var next = new CompletableFuture<StreamEvent>();
    Thread.ofVirtual().start(() -> next.complete(stream.next()));
    awaitAlarms(2);

    clock.advance(Duration.ofMillis(9));
    assertThat(next).isNotDone();
    clock.advance(Duration.ofMillis(1));

    assertThat(next.get(10, TimeUnit.SECONDS)).isEqualTo(HI);
    assertThat(stream.hasReady()).isTrue();
    assertThat(clock.alarmCount()).isEqualTo(1);
  }

  @Test
  void doesNotWaitForTimeThatHasPassedAlready() {
    var stream = stream(emit(STARTED), pause(5), emit(HI), emit(DONE));
    stream.next();
    clock.advance(Duration.ofMillis(5));

    assertThat(stream.hasReady()).isTrue();
    assertThat(stream.next()).isEqualTo(HI);
  }

  @Test
  void endsInTheMiddleOfAPauseWhenItsCallIsCancelled() throws Exception {
    var stream = stream(emit(STARTED), emit(HI), pause(1000), emit(DONE));
    stream.next();
    stream.next();
    var next = new CompletableFuture<StreamEvent>();
    Thread.ofVirtual().start(() -> next.complete(stream.next()));
    awaitAlarms(2);

    call.cancel(CancelReason.USER);

    assertThat(next.get(10, TimeUnit.SECONDS))
        .isEqualTo(new StreamEvent.Cancelled(CancelReason.USER, Usage.of(0, 2)));
    assertThat(ends).hasValue(1);
  }

  @Test
  void endsAsFailedWhenALimitWasExceeded() {
    var stream = stream(emit(STARTED), pause(1000), emit(DONE));
    stream.next();
    clock.advance(Calls.BUDGET);

    assertThat(((StreamEvent.Failed) stream.next()).error())
        .isInstanceOf(LlmError.DeadlineExceeded.class);
  }

  @Test
  void endsAsCancelledWhenItIsClosedEarly() {
    var stream = stream(emit(STARTED), emit(HI), emit(DONE));
    stream.next();
    stream.close();
    stream.close();

    assertThat(stream.next())
        .isEqualTo(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.of(0, 0)));
    assertThat(stream.hasReady()).isFalse();
    assertThatThrownBy(stream::next).isInstanceOf(IllegalStateException.class);
    assertThat(ends).hasValue(1);
  }

  @Test
  void endsAsFailedWhenTheScriptHasNoEnd() {
    var end = (StreamEvent.Failed) StreamCheck.end(stream(emit(STARTED)));

    assertThat(end.error()).isInstanceOf(LlmError.ProviderFailed.class);
  }

  @Test
  void treatsAnInterruptAsClosing() throws Exception {
    var stream = stream(pause(1000), emit(DONE));
    var next = new CompletableFuture<StreamEvent>();
    var consumer = Thread.ofVirtual().start(() -> next.complete(stream.next()));
    awaitAlarms(2);

    consumer.interrupt();

    assertThat(next.get(10, TimeUnit.SECONDS))
        .isEqualTo(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.of(0, 0)));
  }

  @Test
  void refusesAPauseBackwards() {
    assertThatThrownBy(() -> pause(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  private ScriptedStream stream(Step... steps) {
    return new ScriptedStream(
        List.of(steps).iterator(),
        "test",
        characters -> Usage.of(0, (int) characters),
        call,
        clock,
        ends::incrementAndGet);
  }

  private void awaitAlarms(int count) {
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (clock.alarmCount() != count && System.nanoTime() < until) {
      Thread.yield();
    }
    assertThat(clock.alarmCount()).isEqualTo(count);
  }

  private static Step emit(StreamEvent event) {
    return new Step.Emit(event);
  }

  private static Step pause(long millis) {
    return new Step.Pause(Duration.ofMillis(millis));
  }
}
