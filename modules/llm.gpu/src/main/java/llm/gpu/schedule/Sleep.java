package llm.gpu.schedule;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import llm.domain.port.TimeSource;

/**
 * The sleep of one thread between its rounds. Who wakes it while a round goes on is not lost: the
 * thread may have looked too early, and does not sleep after that round.
 */
public final class Sleep {
  private final Thread thread;
  private final TimeSource time;
  private volatile boolean woken; // since the round began

  /** That of {@code thread}. */
  public Sleep(Thread thread, TimeSource time) {
    this.thread = thread;
    this.time = time;
  }

  /** A round begins: what was done before now will be seen. The thread itself. */
  public void roundBegins() {
    woken = false;
  }

  /** Lets the thread look again. Any thread. */
  public void wake() {
    woken = true; // a permit alone may be spent on the way to sleep, by waiting for a lock
    LockSupport.unpark(thread);
  }

  /**
   * Sleeps until somebody wakes it or {@code deadline} comes, on the monotonic clock; not at all
   * when somebody just did. The thread itself.
   */
  public void until(Optional<Long> deadline) {
    if (woken) {
      return;
    }
    if (deadline.isEmpty()) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, Math.max(1, deadline.get() - time.nanoTime()));
    }
  }
}
