package llm.core.resilience;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;

/**
 * A limit of how many are at one thing at once. Those beyond wait in the order in which they came,
 * a bounded number of them for a bounded time. Thread-safe.
 */
final class Permits {
  private final Alarms alarms;
  private final IntConsumer onQueued;
  private final Deque<CountDownLatch> queue = new ArrayDeque<>(); // guarded by this
  private int most; // as last heard; 0: any number; guarded by this
  private int inUse; // guarded by this

  /**
   * None is taken.
   *
   * @param onQueued is told how many more wait, 1 or -1
   */
  Permits(Alarms alarms, IntConsumer onQueued) {
    this.alarms = alarms;
    this.onQueued = onQueued;
  }

  /**
   * Takes one, waiting for it; it is to be given back.
   *
   * @return false when too many wait, it took too long or the call was cancelled
   */
  boolean take(ConcurrencySettings settings, Call call) {
    var turn = new CountDownLatch(1);
    synchronized (this) {
      most = settings.most();
      serve(); // the limit may be a higher one now
      if (hasRoom() && queue.isEmpty()) {
        inUse++;
        return true;
      }
      if (queue.size() >= settings.queued() || settings.longestWait().isZero()) {
        return false;
      }
      queue.add(turn);
    }
    onQueued.accept(1);
    long until = alarms.time().nanoTime() + settings.longestWait().toNanos();
    Wait.until(until, call, alarms, turn);
    onQueued.accept(-1);
    synchronized (this) {
      return !queue.remove(turn); // not there any more: it was served
    }
  }

  /** Gives one back. */
  synchronized void give() {
    inUse--;
    serve();
  }

  /** When to come again: nobody knows, so soon. */
  static Duration retryAfter() {
    return Duration.ofSeconds(1);
  }

  private void serve() {
    while (hasRoom() && !queue.isEmpty()) {
      inUse++;
      queue.remove().countDown();
    }
  }

  private boolean hasRoom() {
    return most == 0 || inUse < most;
  }
}
