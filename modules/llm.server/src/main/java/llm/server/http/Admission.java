package llm.server.http;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * The places for requests that are worked on at once, and the way to empty them: after {@link
 * #drain} nobody comes in any more. Thread-safe.
 */
public final class Admission {
  private static final Duration RETRY_WHEN_FULL = Duration.ofSeconds(1);
  private static final Duration RETRY_WHEN_DRAINING = Duration.ofSeconds(5);

  /** A place that is held; closing it gives it back, once. */
  @FunctionalInterface
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  private final int limit;
  private final Set<Call> inside = new HashSet<>(); // guarded by itself
  private int beside; // waits with one who is inside; guarded by inside
  private boolean draining; // guarded by inside

  /** As many places as {@code limit}, all free. */
  public Admission(int limit) {
    this.limit = limit;
  }

  /**
   * Takes a place for {@code call}.
   *
   * @throws LlmException with {@code ShuttingDown} or {@code Overloaded}
   */
  Place enter(Call call) throws LlmException {
    synchronized (inside) {
      if (draining) {
        throw new LlmException(new LlmError.ShuttingDown(RETRY_WHEN_DRAINING));
      }
      if (inside.size() == limit) {
        throw new LlmException(
            new LlmError.Overloaded("places for requests", limit, RETRY_WHEN_FULL));
      }
      inside.add(call);
    }
    return () -> leave(call);
  }

  /**
   * Lets in a request that waits for the answer to another, which has the place. A shutdown waits
   * for it, too, but does not cancel it: it ends by that answer.
   *
   * @throws LlmException with {@code ShuttingDown}
   */
  Place accompany() throws LlmException {
    synchronized (inside) {
      if (draining) {
        throw new LlmException(new LlmError.ShuttingDown(RETRY_WHEN_DRAINING));
      }
      beside++;
    }
    return () -> {
      synchronized (inside) {
        beside--;
        tellIfIdle();
      }
    };
  }

  /** Whether nobody is let in any more. */
  public boolean isDraining() {
    synchronized (inside) {
      return draining;
    }
  }

  /** How many requests are worked on, and wait with these. */
  public int active() {
    synchronized (inside) {
      return inside.size() + beside;
    }
  }

  /** From now on nobody is let in. */
  public void drain() {
    synchronized (inside) {
      draining = true;
    }
  }

  /** Cancels every call that holds a place. */
  public void cancelAll(CancelReason reason) {
    List<Call> calls;
    synchronized (inside) {
      calls = List.copyOf(inside);
    }
    calls.forEach(call -> call.cancel(reason));
  }

  /**
   * Waits until no place is taken, at most {@code limit}.
   *
   * @return whether none is
   */
  public boolean awaitIdle(Duration limit) throws InterruptedException {
    long until = System.nanoTime() + limit.toNanos();
    synchronized (inside) {
      for (long left = limit.toNanos(); !isIdle() && left > 0; left = until - System.nanoTime()) {
        inside.wait(left / 1_000_000 + 1);
      }
      return isIdle();
    }
  }

  private void leave(Call call) {
    synchronized (inside) {
      inside.remove(call);
      tellIfIdle();
    }
  }

  /** Under the lock. */
  private boolean isIdle() {
    return inside.isEmpty() && beside == 0;
  }

  /** Under the lock. */
  private void tellIfIdle() {
    if (isIdle()) {
      inside.notifyAll();
    }
  }
}
