package llm.core.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventRingTest {
  private static final StreamEvent.Done DONE =
      new StreamEvent.Done(FinishReason.STOP, Usage.of(1, 2));
  private static final StreamEvent.Cancelled CANCELLED =
      new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE);

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);
  private final EventRing ring = new EventRing(2, call, clock);

  @Test
  void givesEventsInOrderAndExactlyOneEnd() {
    assertThat(ring.hasReady()).isFalse();
    assertThat(ring.offer(text("a"))).isTrue();
    assertThat(ring.hasReady()).isTrue();
    assertThat(ring.offer(text("b"))).isTrue();
    assertThat(ring.next()).isEqualTo(text("a"));
    assertThat(ring.offer(text("c"))).isTrue();
    assertThat(ring.end(DONE)).isTrue();
    assertThat(ring.end(CANCELLED)).isFalse();
    assertThat(ring.next()).isEqualTo(text("b"));
    assertThat(ring.next()).isEqualTo(text("c"));
    assertThat(ring.hasReady()).isTrue();
    assertThat(ring.next()).isEqualTo(DONE);
    assertThatIllegalStateException().isThrownBy(ring::next);
  }

  @Test
  void aFullRingRefusesDeltasAndStillTakesTheEnd() {
    ring.offer(text("a"));
    ring.offer(text("b"));
    assertThat(ring.hasRoom()).isFalse();
    assertThat(ring.offer(text("refused"))).isFalse();
    assertThat(ring.end(DONE)).isTrue();
    assertThat(List.of(ring.next(), ring.next(), ring.next()))
        .containsExactly(text("a"), text("b"), DONE);
  }

  @Test
  void anEndedRingTakesNothing() {
    ring.end(DONE);
    assertThat(ring.hasRoom()).isFalse();
    assertThat(ring.offer(text("late"))).isFalse();
    assertThat(ring.next()).isEqualTo(DONE);
  }

  @Test
  void misuseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EventRing(0, call, clock))
        .withMessage("ring capacity 0 must be 1 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ring.offer(DONE))
        .withMessage("a terminal event goes to end()");
  }

  @Test
  void closingEarlyCancelsTheCallAndDropsWhatWaits() {
    ring.offer(text("a"));
    ring.close();
    ring.close();
    assertThat(call.cancelled()).contains(CancelReason.CLOSED);
    assertThat(ring.offer(text("b"))).isFalse();
    assertThat(ring.hasRoom()).isFalse();
    ring.end(CANCELLED);
    assertThat(ring.next()).isEqualTo(CANCELLED);
  }

  @Test
  void closingAfterTheEndLeavesTheCallAlone() {
    ring.end(DONE);
    assertThat(ring.next()).isEqualTo(DONE);
    ring.close();
    assertThat(call.cancelled()).isEmpty();
    assertThat(call.hookCount()).isZero();
    assertThat(clock.alarmCount()).as("the call's deadline").isEqualTo(1);
  }

  @Test
  void aWaitingConsumerIsWokenByADelta() throws Exception {
    var next = waitingNext();
    ring.offer(text("a"));
    assertThat(next.get(10, TimeUnit.SECONDS)).isEqualTo(text("a"));
  }

  @Test
  void aWaitingConsumerIsWokenByTheEndThatFollowsItsClose() throws Exception {
    call.onCancel(() -> ring.end(CANCELLED));
    var next = waitingNext();
    ring.close();
    assertThat(next.get(10, TimeUnit.SECONDS)).isEqualTo(CANCELLED);
  }

  @Test
  void aDeadProducerIsNoticedGraceAfterTheDeadline() throws Exception {
    var next = waitingNext();
    clock.advance(Calls.BUDGET.plus(EventRing.GRACE).minusNanos(1));
    assertThat(call.cancelled()).contains(CancelReason.DEADLINE);
    assertThat(ring.hasReady()).isFalse();
    clock.advance(Duration.ofNanos(1));
    assertThat(next.get(10, TimeUnit.SECONDS))
        .isEqualTo(new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE));
    assertThat(ring.end(DONE)).as("too late").isFalse();
  }

  @Test
  void aDeadProducerIsNoticedGraceAfterAnyCancellation() {
    call.cancel(CancelReason.CLIENT_GONE);
    clock.advance(EventRing.GRACE);
    assertThat(ring.next()).isInstanceOf(StreamEvent.Failed.class);
  }

  @Test
  void aRingOfACancelledCallIsWatchedFromItsBirth() {
    call.cancel(CancelReason.USER);
    var late = new EventRing(1, call, clock);
    clock.advance(EventRing.GRACE);
    assertThat(late.next()).isInstanceOf(StreamEvent.Failed.class);
  }

  @Test
  void aProducerThatEndsInTimeIsNoLongerWatched() {
    call.cancel(CancelReason.USER);
    ring.end(CANCELLED);
    assertThat(clock.alarmCount()).as("the call's deadline").isEqualTo(1);
    clock.advance(EventRing.GRACE);
    assertThat(ring.next()).isEqualTo(CANCELLED);
  }

  @Test
  void anInterruptCancelsAndEndsTheStream() throws Exception {
    var thread = new Thread[1];
    var seen = new ArrayList<Object>();
    var next =
        new FutureTask<>(() -> {
          seen.add(ring.next());
          seen.add(Thread.currentThread().isInterrupted());
          return null;
        });
    thread[0] = Thread.ofPlatform().start(next);
    awaitWaiting(thread[0]);
    thread[0].interrupt();
    next.get(10, TimeUnit.SECONDS);
    assertThat(seen)
        .containsExactly(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.NONE), true);
    assertThat(call.cancelled()).contains(CancelReason.CLOSED);
  }

  @Test
  void whateverTheRaceTheConsumerGetsAPrefixAndOneEnd() throws Exception {
    long seed = 1_234_567;
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      race(new Random(random.nextLong()), "seed " + seed + " round " + round);
    }
  }

  /**
   * A producer that waits when it is full, a consumer, and someone who stops it at a random point.
   * Nobody spins: on one carrier, a thread that yields again and again lets no other run.
   */
  private static void race(Random random, String name) throws Exception {
    var clock = new ManualClock();
    int deltas = random.nextInt(200);
    int stopAfter = random.nextInt(300);
    boolean stopByClose = random.nextBoolean();
    try (var call = Calls.open(clock)) {
      var ring = new EventRing(1 + random.nextInt(8), call, clock);
      var room = new Semaphore(0);
      call.onCancel(room::release);
      var producer = Thread.ofVirtual().start(() -> produce(ring, call, deltas, room));
      var seen = new ArrayList<StreamEvent>();
      var consumer =
          Thread.ofVirtual()
              .start(() -> {
                do {
                  seen.add(ring.next());
                  room.release();
                } while (!(seen.getLast() instanceof StreamEvent.Terminal));
              });
      var stopper =
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < stopAfter; i++) {
                  Thread.yield();
                }
                if (stopByClose) {
                  ring.close();
                } else {
                  call.cancel(CancelReason.USER);
                }
              });
      for (Thread thread : List.of(producer, consumer, stopper)) {
        assertThat(thread.join(Duration.ofSeconds(30))).as(name).isTrue();
      }
      check(seen, deltas, stopByClose, name);
      assertThatIllegalStateException().as(name).isThrownBy(ring::next);
    }
    assertThat(clock.alarmCount()).as(name).isZero();
  }

  private static void produce(EventRing ring, CallScope call, int deltas, Semaphore room) {
    int sent = 0;
    while (sent < deltas && call.cancelled().isEmpty()) {
      if (ring.offer(text(Integer.toString(sent)))) {
        sent++;
      } else {
        room.acquireUninterruptibly();
      }
    }
    ring.end(sent == deltas ? DONE : CANCELLED);
  }

  private static void check(
      List<StreamEvent> seen, int deltas, boolean stoppedByClose, String name) {
    for (int i = 0; i < seen.size() - 1; i++) {
      assertThat(seen.get(i)).as(name).isEqualTo(text(Integer.toString(i)));
    }
    assertThat(seen.getLast()).as(name).isIn(DONE, CANCELLED);
    if (seen.getLast().equals(DONE) && !stoppedByClose) {
      assertThat(seen).as(name).hasSize(deltas + 1);
    }
  }

  private FutureTask<StreamEvent> waitingNext() {
    var next = new FutureTask<StreamEvent>(ring::next);
    awaitWaiting(Thread.ofPlatform().start(next));
    return next;
  }

  private static void awaitWaiting(Thread thread) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(System.nanoTime()).as("thread is %s", thread.getState()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static StreamEvent text(String text) {
    return new StreamEvent.TextDelta(text);
  }
}
