package llm.core.gateway.route;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import llm.domain.port.TimeSource;

/**
 * How soon targets began their answers of late: a mean in which a value counts by {@code e^(-age/10
 * s)}, so that it follows a target within seconds, many requests or few. What was not measured for
 * {@link #LIFE} is forgotten. Thread-safe.
 */
public final class FirstTokens {
  /** After so long without an answer nothing is known of a target. */
  static final Duration LIFE = Duration.ofSeconds(60);

  /** A target that refused counts as one that takes so long. */
  static final Duration REFUSED = Duration.ofSeconds(30);

  private static final double FADE_NANOS = 10e9;
  private static final double NEWEST = 0.3; // the least that the newest value counts
  private static final int MOST_TARGETS = 10_000;

  private final Map<String, Mean> means = new ConcurrentHashMap<>();
  private final TimeSource time;

  private record Mean(double nanos, long atNanos) {}

  /** Nothing is known yet. */
  public FirstTokens(TimeSource time) {
    this.time = time;
  }

  /** The target began its answer after so long. */
  public void began(String target, long nanos) {
    long now = time.nanoTime();
    if (means.size() >= MOST_TARGETS && !means.containsKey(target)) {
      means.values().removeIf(mean -> isOld(mean, now));
      if (means.size() >= MOST_TARGETS) {
        return; // names that callers make up; those there are go on
      }
    }
    means.merge(target, new Mean(nanos, now), FirstTokens::blend);
  }

  /** The target refused a request that another might have taken. */
  public void refused(String target) {
    began(target, REFUSED.toNanos());
  }

  /** The mean in nanoseconds; empty when nothing is known. */
  public OptionalDouble of(String target) {
    Mean mean = means.get(target);
    return mean == null || isOld(mean, time.nanoTime())
        ? OptionalDouble.empty()
        : OptionalDouble.of(mean.nanos);
  }

  private static Mean blend(Mean before, Mean next) {
    double age = Math.max(0, next.atNanos - before.atNanos);
    double share = Math.max(NEWEST, 1 - Math.exp(-age / FADE_NANOS));
    return new Mean(before.nanos + share * (next.nanos - before.nanos), next.atNanos);
  }

  private static boolean isOld(Mean mean, long now) {
    return now - mean.atNanos > LIFE.toNanos();
  }
}
