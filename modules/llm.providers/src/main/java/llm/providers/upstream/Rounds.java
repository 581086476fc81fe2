package llm.providers.upstream;

import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.domain.call.Registration;

/**
 * When an upstream is asked of our own accord: again and again, or at rest only when somebody looks
 * at what is known of it and that is old. Thread-safe; blocks nobody.
 */
final class Rounds implements AutoCloseable {
  private final Alarms alarms;
  private final Runnable start;
  private Registration alarm = () -> {}; // guarded by this
  private volatile boolean resting; // written under this
  private long oldNanos; // guarded by this; when what is known is old
  private boolean closed; // guarded by this

  /**
   * None yet.
   *
   * @param start starts one, and does not block
   */
  Rounds(Alarms alarms, Runnable start) {
    this.alarms = alarms;
    this.start = start;
  }

  /** One has ended: the next begins after {@code wait}, unless this is at rest. */
  synchronized void next(Duration wait) {
    oldNanos = alarms.time().nanoTime() + wait.toNanos();
    if (!resting) {
      arm(wait);
    }
  }

  /** There are no more of them. */
  synchronized void rest() {
    resting = true;
    alarm.close();
  }

  /** They go on, if they were at rest. */
  void wake(Duration wait) {
    if (resting) {
      synchronized (this) {
        resting = false;
        arm(wait);
      }
    }
  }

  /** Somebody looks: at rest one begins, and none for {@code wait} however often they look. */
  void lookedAt(Duration wait) {
    if (resting && isOld(wait)) {
      start.run();
    }
  }

  private synchronized boolean isOld(Duration wait) {
    long now = alarms.time().nanoTime();
    if (closed || now - oldNanos < 0) {
      return false;
    }
    oldNanos = now + wait.toNanos();
    return true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    alarm.close();
  }

  /** Sets the one alarm anew. */
  private void arm(Duration wait) {
    alarm.close();
    if (!closed) {
      alarm = alarms.at(alarms.time().nanoTime() + wait.toNanos(), start);
    }
  }
}
