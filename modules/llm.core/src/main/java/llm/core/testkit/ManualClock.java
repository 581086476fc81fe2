package llm.core.testkit;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import llm.core.concurrent.Alarms;
import llm.domain.call.Registration;
import llm.domain.port.TimeSource;

/**
 * Both clocks and the alarms of a test: time stands still until {@link #advance} moves it. Due
 * alarms run on the advancing thread, in the order of their points (equal points: in the order they
 * were set), each with the clock standing at its point. Thread-safe.
 */
public final class ManualClock implements TimeSource, Alarms {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05.006Z");

  private final Instant start;
  private final PriorityQueue<Alarm> alarms =
      new PriorityQueue<>(
          Comparator.comparingLong((Alarm alarm) -> alarm.atNanos)
              .thenComparingLong(alarm -> alarm.sequence)); // guarded by this
  private long nanos; // guarded by this
  private long sequence; // guarded by this

  /** A clock that stands at a fixed instant in 2026. */
  public ManualClock() {
    this(START);
  }

  /** A clock that stands at {@code start}; its nanoTime is 0. */
  public ManualClock(Instant start) {
    this.start = start;
  }

  @Override
  public synchronized Instant now() {
    return start.plusNanos(nanos);
  }

  @Override
  public synchronized long nanoTime() {
    return nanos;
  }

  @Override
  public TimeSource time() {
    return this;
  }

  /** Sets the alarm; one whose point has passed runs here and now. */
  @Override
  public Registration at(long atNanos, Runnable action) {
    var alarm = register(atNanos, action);
    advance(Duration.ZERO);
    return () -> remove(alarm);
  }

  /** Moves both clocks on and runs what came due; what an alarm throws comes out here. */
  public void advance(Duration step) {
    if (step.isNegative()) {
      throw new IllegalArgumentException("step " + step + " must not be negative");
    }
    long until = nanoTime() + step.toNanos();
    for (Alarm due = takeDue(until); due != null; due = takeDue(until)) {
      due.action.run();
    }
    moveTo(until);
  }

  /** How many alarms are set. */
  public synchronized int alarmCount() {
    return alarms.size();
  }

  private synchronized Alarm register(long atNanos, Runnable action) {
    var alarm = new Alarm(atNanos, sequence++, action);
    alarms.add(alarm);
    return alarm;
  }

  private synchronized void remove(Alarm alarm) {
    alarms.remove(alarm);
  }

  private synchronized Alarm takeDue(long until) {
    if (alarms.isEmpty() || alarms.peek().atNanos > until) {
      return null;
    }
    moveTo(alarms.peek().atNanos);
    return alarms.poll();
  }

  private synchronized void moveTo(long point) {
    nanos = Math.max(nanos, point);
  }

  /** Compared by identity where it is removed. */
  private static final class Alarm {
    private final long atNanos;
    private final long sequence;
    private final Runnable action;

    private Alarm(long atNanos, long sequence, Runnable action) {
      this.atNanos = atNanos;
      this.sequence = sequence;
      this.action = action;
    }
  }
}
