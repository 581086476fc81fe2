package llm.gpu.draft;

/**
 * How long steps take by their number of tokens, learnt from those that were computed and read no
 * prompt. What was seen quicker counts more than what was seen slower, which other work on the
 * machine may have caused; what was not seen for long counts little. One thread.
 */
public final class StepCosts {
  private static final double DOWN = 0.5;
  private static final double UP = 0.1;
  private static final long STALE_STEPS = 64;

  private final double[] nanos; // by tokens; 0: not seen
  private final long[] seen; // in which step
  private long steps;
  private int largest;

  /** For steps of at most {@code tokens}. */
  public StepCosts(int tokens) {
    this.nanos = new double[tokens + 1];
    this.seen = new long[tokens + 1];
  }

  /** Learns that a step of {@code tokens} took {@code took} nanoseconds. */
  public void took(int tokens, long took) {
    steps++;
    if (tokens >= nanos.length) {
      return;
    }
    double now = Math.max(1, took);
    double old = nanos[tokens];
    boolean stale = steps - seen[tokens] >= STALE_STEPS;
    double weight = old == 0 ? 1 : now < old || stale ? DOWN : UP;
    nanos[tokens] = old + weight * (now - old);
    seen[tokens] = steps;
    largest = Math.max(largest, tokens);
  }

  /** Whether a step of so many tokens was seen lately. */
  boolean isFresh(int tokens) {
    return tokens < nanos.length && nanos[tokens] > 0 && steps - seen[tokens] < STALE_STEPS;
  }

  /** The most tokens of a step that was seen; 0 before the first. */
  int largest() {
    return largest;
  }

  /**
   * How long a step of {@code tokens} takes, in nanoseconds: as seen, else on the line through its
   * neighbours, beyond the largest through the last two. 0 before the first step.
   */
  double of(int tokens) {
    int at = Math.min(tokens, nanos.length - 1);
    if (nanos[at] > 0) {
      return nanos[at];
    }
    int above = at > largest ? largest : above(at);
    int below = below(at > largest ? largest - 1 : at);
    if (below == 0) {
      return nanos[above];
    }
    double slope = Math.max(0, nanos[above] - nanos[below]) / (above - below);
    return nanos[below] + slope * (at - below);
  }

  /** The largest that was seen up to {@code tokens}; 0 for none. */
  private int below(int tokens) {
    int below = Math.max(0, tokens);
    while (below > 0 && nanos[below] == 0) {
      below--;
    }
    return below;
  }

  /** The smallest that was seen from {@code tokens} on, which is no more than the largest. */
  private int above(int tokens) {
    int above = tokens;
    while (nanos[above] == 0) {
      above++;
    }
    return above;
  }
}
