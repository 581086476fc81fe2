package llm.providers.transport;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.function.LongPredicate;
import llm.core.concurrent.Alarms;

/**
 * Looks over an upstream's connections again and again while there are any: one alarm for all of
 * them, and none when there are none. Thread-safe.
 */
final class Sweep {
  private static final Duration LONGEST = Duration.ofSeconds(1);
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final int STEPS = 8; // a limit is exceeded by an eighth of itself at most

  private final Alarms alarms;
  private final long stepNanos;
  private final LongPredicate look;
  private volatile boolean armed; // written under this

  /**
   * Begins asleep.
   *
   * @param look is given the time; true when there is something to look at again; must not block
   */
  Sweep(Alarms alarms, TransportSettings settings, LongPredicate look) {
    this.alarms = alarms;
    this.look = look;
    Duration least = min(settings.firstByteTimeout(), settings.idleTimeout());
    Duration step = min(min(least, settings.keepAlive()).dividedBy(STEPS), LONGEST);
    this.stepNanos = (step.compareTo(SHORTEST) < 0 ? SHORTEST : step).toNanos();
  }

  /** Says that there is something to look at; cheap when that is known. */
  void wake() {
    if (!armed) {
      synchronized (this) {
        if (armed) {
          return;
        }
        armed = true;
      }
      arm();
    }
  }

  private void arm() {
    alarms.at(alarms.time().nanoTime() + stepNanos, this::ring);
  }

  private void ring() {
    if (look.test(alarms.time().nanoTime())) {
      arm();
      return;
    }
    synchronized (this) {
      armed = false;
    }
    if (look.test(alarms.time().nanoTime())) {
      wake(); // something came between the look and the word that nothing is there
    }
  }

  private static Duration min(Duration left, Duration right) {
    return left.compareTo(right) <= 0 ? left : right;
  }

  /**
   * Until when a thread waits for its socket. The thread only notes the point; a sweep looks from
   * time to time whether it has passed. That costs a read two memory accesses, where a timer for
   * each would cost microseconds.
   *
   * <p>{@code begin} and {@code end} belong to the waiting thread, {@code expire} to any.
   */
  static final class Wait {
    private static final long NONE = Long.MIN_VALUE;
    private static final long EXPIRED = Long.MIN_VALUE + 1;
    private static final VarHandle UNTIL;

    static {
      try {
        UNTIL = MethodHandles.lookup().findVarHandle(Wait.class, "until", long.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private volatile long until = NONE;

    /** A wait begins that may last until this point of the monotonic clock. */
    void begin(long untilNanos) {
      UNTIL.setRelease(this, Math.max(untilNanos, EXPIRED + 1));
    }

    /** The wait is over; false when it had expired, which happens once. */
    boolean end() {
      return (long) UNTIL.getAndSet(this, NONE) != EXPIRED;
    }

    /** Ends a wait that is overdue; true when this call did it, and the socket is to be closed. */
    boolean expire(long nowNanos) {
      long seen = until;
      return seen != NONE
          && seen != EXPIRED
          && nowNanos - seen >= 0
          && UNTIL.compareAndSet(this, seen, EXPIRED);
    }
  }
}
