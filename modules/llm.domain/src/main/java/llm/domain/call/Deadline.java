package llm.domain.call;

import java.time.Duration;

/**
 * A point on the monotonic clock ({@link System#nanoTime()}) by which a call must have ended, and
 * the budget it was made from, which errors name.
 *
 * @param atNanos the point, in the origin of {@code System.nanoTime()}
 * @param budget the time that was given, positive
 */
public record Deadline(long atNanos, Duration budget) {

  /** Rejects a budget that is not positive. */
  public Deadline {
    if (budget.isNegative() || budget.isZero()) {
      throw new IllegalArgumentException("budget " + budget + " must be positive");
    }
  }

  /** The deadline that lies {@code budget} after {@code nowNanos}. */
  public static Deadline after(long nowNanos, Duration budget) {
    return new Deadline(nowNanos + budget.toNanos(), budget);
  }

  /** What is left at {@code nowNanos}; zero when it has passed, never negative. */
  public Duration remaining(long nowNanos) {
    return Duration.ofNanos(Math.max(0, atNanos - nowNanos));
  }

  /** Whether the deadline lies at or before {@code nowNanos}. */
  public boolean hasPassed(long nowNanos) {
    return atNanos - nowNanos <= 0;
  }

  /** The earlier of the two. */
  public Deadline min(Deadline other) {
    return atNanos - other.atNanos <= 0 ? this : other;
  }
}
