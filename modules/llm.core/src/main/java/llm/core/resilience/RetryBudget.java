package llm.core.resilience;

import java.util.concurrent.atomic.AtomicLong;
import llm.domain.port.TimeSource;

/**
 * How often a provider may be asked again: each first attempt pays in a share of a retry, a retry
 * takes a whole one. So an outage multiplies the requests by little, however many there are. A
 * reserve fills up within a minute by itself, for those who ask seldom. Thread-safe.
 */
public final class RetryBudget {
  /** So many retries can be saved up beside the reserve. */
  public static final int MOST_SAVED = 100;

  private static final long RETRY = 1_000; // a retry in thousandths
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final TimeSource time;
  private final AtomicLong saved = new AtomicLong(); // thousandths that were paid in
  private double reserveTaken; // guarded by this
  private long reserveAtNanos; // guarded by this

  /** Nothing is paid in, the reserve is full. */
  public RetryBudget(TimeSource time) {
    this.time = time;
    this.reserveAtNanos = time.nanoTime();
  }

  /** A first attempt is made. */
  public void pay(double share) {
    long more = Math.round(share * RETRY);
    long now = saved.get();
    while (now < MOST_SAVED * RETRY) {
      if (saved.compareAndSet(now, Math.min(MOST_SAVED * RETRY, now + more))) {
        return;
      }
      now = saved.get();
    }
  }

  /** Takes a retry; false when there is none. */
  public boolean take(int reserve) {
    long now = saved.get();
    while (now >= RETRY) {
      if (saved.compareAndSet(now, now - RETRY)) {
        return true;
      }
      now = saved.get();
    }
    return takeReserve(reserve);
  }

  private synchronized boolean takeReserve(int reserve) {
    long now = time.nanoTime();
    double filled = (double) (now - reserveAtNanos) / MINUTE_NANOS * reserve;
    reserveTaken = Math.max(0, reserveTaken - filled);
    reserveAtNanos = now;
    if (reserveTaken + 1 > reserve) {
      return false;
    }
    reserveTaken++;
    return true;
  }
}
