package llm.core.telemetry;

import java.util.OptionalDouble;

/** What a histogram had counted at one moment, its series together. Immutable. */
public final class Distribution {
  private final double[] bounds; // upper, ascending
  private final long[] counts; // one more: what is above the last bound

  Distribution(double[] bounds, long[] counts) {
    this.bounds = bounds.clone();
    this.counts = counts.clone();
  }

  /** How many values were counted. */
  public long count() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /** What was counted since {@code earlier}, a moment of the same histogram. */
  public Distribution since(Distribution earlier) {
    long[] rest = counts.clone();
    for (int i = 0; i < rest.length; i++) {
      rest[i] -= earlier.counts[i];
    }
    return new Distribution(bounds, rest);
  }

  /**
   * The value that the share {@code q} of all is not above, as if each bucket's were spread evenly;
   * the last bound for what is above it. Empty when nothing was counted.
   *
   * @param q 0 to 1
   */
  public OptionalDouble quantile(double q) {
    long total = count();
    if (total == 0) {
      return OptionalDouble.empty();
    }
    double rank = q * total;
    long below = 0;
    for (int i = 0; i < bounds.length; i++) {
      if (below + counts[i] >= rank && counts[i] > 0) {
        double least = i == 0 ? 0 : bounds[i - 1];
        return OptionalDouble.of(least + (bounds[i] - least) * (rank - below) / counts[i]);
      }
      below += counts[i];
    }
    return OptionalDouble.of(bounds[bounds.length - 1]);
  }
}
