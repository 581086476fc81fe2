package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** O-1: what waits, what is refused and what is kept when the log cannot be written. */
class LineRingTest {
  private static final Duration INSTANT = Duration.ofNanos(1);
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void auditHasAReserveOfItsOwnAndWaitsWhenThatIsFullToo() {
    var ring = new LineRing(1, Duration.ZERO, INSTANT, INSTANT);
    assertThat(ring.put(line(Level.DEBUG))).isTrue();
    assertThat(ring.put(line(Level.INFO))).isFalse();
    assertThat(ring.put(line(Level.ERROR))).isFalse();
    assertThat(ring.put(line(Level.AUDIT))).isTrue();
    assertThat(ring.put(line(Level.AUDIT))).isFalse();
  }

  @Test
  void aWarningThatWaitsGetsTheRoomThatComes() throws Exception {
    var ring = new LineRing(1, Duration.ZERO, LONG, LONG);
    ring.put(line(Level.INFO));
    var waiting = new FutureTask<>(() -> ring.put(line(Level.WARN)));
    var thread = Thread.ofPlatform().start(waiting);
    awaitState(thread, Thread.State.TIMED_WAITING);
    assertThat(ring.take(new ArrayList<>(), 10)).isEqualTo(1);
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void closingEndsEveryWait() throws Exception {
    var ring = new LineRing(1, Duration.ZERO, LONG, LONG);
    ring.put(line(Level.INFO));
    ring.put(line(Level.AUDIT));
    var waiting = new FutureTask<>(() -> ring.put(line(Level.AUDIT)));
    awaitState(Thread.ofPlatform().start(waiting), Thread.State.TIMED_WAITING);
    ring.close();
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isFalse();
    var left = new ArrayList<LogLine>();
    assertThat(ring.take(left, 10)).isEqualTo(2);
    assertThat(ring.take(left, 10)).isZero();
  }

  @Test
  void anInterruptedThreadDoesNotWaitAndStaysInterrupted() {
    var ring = new LineRing(1, Duration.ZERO, LONG, LONG);
    ring.put(line(Level.INFO));
    Thread.currentThread().interrupt();
    assertThat(ring.put(line(Level.WARN))).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void linesWaitForOthersUntilOneMattersMore() throws Exception {
    var ring = new LineRing(100, LONG, LONG, LONG);
    ring.put(line(Level.INFO));
    FutureTask<Integer> taking = taking(ring, Thread.State.TIMED_WAITING);
    ring.put(line(Level.INFO));
    assertThat(taking.isDone()).isFalse();
    ring.put(line(Level.WARN));
    assertThat(taking.get(10, TimeUnit.SECONDS)).isEqualTo(3);
  }

  @Test
  void linesWaitForOthersUntilThereAreEnough() throws Exception {
    var ring = new LineRing(3, LONG, LONG, LONG);
    FutureTask<Integer> taking = taking(ring, Thread.State.WAITING);
    ring.put(line(Level.INFO));
    ring.put(line(Level.INFO));
    assertThat(taking.isDone()).isFalse();
    ring.put(line(Level.INFO));
    assertThat(taking.get(10, TimeUnit.SECONDS)).isEqualTo(3);
  }

  @Test
  void whoWaitsForWhatIsWrittenDoesNotWaitForOtherLines() throws Exception {
    var ring = new LineRing(100, LONG, LONG, LONG);
    ring.put(line(Level.INFO));
    FutureTask<Integer> taking = taking(ring, Thread.State.TIMED_WAITING);
    var waiting = new FutureTask<>(() -> ring.awaitWritten(LONG));
    Thread.ofPlatform().start(waiting);
    assertThat(taking.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    ring.done(1);
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
  }

  /** One who takes lines, once its thread waits so. */
  private static FutureTask<Integer> taking(LineRing ring, Thread.State state) {
    var taking = new FutureTask<>(() -> ring.take(new ArrayList<>(), 100));
    awaitState(Thread.ofPlatform().start(taking), state);
    return taking;
  }

  private static void awaitState(Thread thread, Thread.State state) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (thread.getState() != state) {
      assertThat(System.nanoTime()).as("thread is %s", thread.getState()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static LogLine line(Level level) {
    return new LogLine(new JsonBytes(8), _ -> {}, 0, level, "llm.x", "e");
  }
}
