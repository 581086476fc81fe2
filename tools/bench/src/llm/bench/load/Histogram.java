package llm.bench.load;

/**
 * Counts durations in buckets of at most 1.6 % width, from nanoseconds to hours. One thread writes;
 * another may read while it does and sees a moment ago.
 */
public final class Histogram {
  private static final int SUB_BITS = 6;
  private static final int SUB = 1 << SUB_BITS;

  private final long[] counts = new long[(64 - SUB_BITS) * SUB];
  private long total;
  private long max;

  /** Adds a duration; a negative one counts as 0. */
  public void add(long nanos) {
    long value = Math.max(0, nanos);
    counts[index(value)]++;
    total++;
    max = Math.max(max, value);
  }

  /** Adds all of {@code other}. */
  public void add(Histogram other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
    max = Math.max(max, other.max);
  }

  /** How many were added. */
  public long count() {
    return total;
  }

  /** The longest, in milliseconds. */
  public double maxMillis() {
    return max / 1e6;
  }

  /**
   * The duration, in milliseconds, that the share {@code q} of all does not exceed; NaN of none.
   */
  public double millis(double q) {
    if (total == 0) {
      return Double.NaN;
    }
    long wanted = Math.max(1, (long) Math.ceil(q * total));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return middle(i) / 1e6;
      }
    }
    return max / 1e6;
  }

  private static int index(long value) {
    if (value < SUB) {
      return (int) value;
    }
    int exponent = 63 - Long.numberOfLeadingZeros(value);
    int shift = exponent - SUB_BITS;
    return ((shift + 1) << SUB_BITS) + (int) ((value >>> shift) & (SUB - 1));
  }

  private static double middle(int index) {
    if (index < SUB) {
      return index;
    }
    int shift = (index >> SUB_BITS) - 1;
    long low = (long) (SUB | (index & (SUB - 1))) << shift;
    return low + (1L << shift) / 2.0;
  }
}
