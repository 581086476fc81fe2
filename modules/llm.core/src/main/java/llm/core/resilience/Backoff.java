package llm.core.resilience;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between tries: exponential with full jitter, so that those who failed together do not come
 * back together. See M. Brooker, <a
 * href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential
 * Backoff And Jitter</a>.
 */
public final class Backoff {
  private static final int MOST_DOUBLINGS = 30; // of an hour at most: no overflow

  private Backoff() {}

  /** From 0 to the smaller of {@code settings.cap} and {@code settings.base · 2ⁿ}, by lot. */
  public static Duration pause(RetrySettings settings, int n, RandomGenerator random) {
    long base = settings.base().toNanos();
    long cap = settings.cap().toNanos();
    int doublings = Math.min(n, MOST_DOUBLINGS);
    long most = base > cap >> doublings ? cap : base << doublings;
    return Duration.ofNanos(most == 0 ? 0 : random.nextLong(most + 1));
  }
}
