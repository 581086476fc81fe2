package llm.train;

/**
 * How fast is learned: the rate rises evenly, then falls by half a cosine.
 *
 * @param steps all there are
 * @param warmUp steps of the rise
 * @param peak the highest rate
 */
record Schedule(int steps, int warmUp, double peak) {
  private static final double LEAST = 0.02; // of the peak, at the end

  /** The rate of a step, counted from 1. */
  float rate(int step) {
    double rise = Math.min(1, (double) step / Math.max(1, warmUp));
    double done = (double) (step - 1) / Math.max(1, steps - 1);
    double fall = LEAST + (1 - LEAST) * 0.5 * (1 + StrictMath.cos(StrictMath.PI * done));
    return (float) (peak * rise * fall);
  }
}
