package llm.gpu.draft;

/**
 * How often guesses of one answer were right, by how many tokens were the same before the place
 * that they were copied from. One thread.
 */
final class Confidence {
  private static final int[] CLASSES = {5, 9, 24}; // matches of fewer tokens; longer ones are last
  private static final double WEIGHT = 0.12;

  private final double[] right = {0.5, 0.6, 0.8, 0.95}; // by class, as long as nothing is known

  /** The share of right guesses behind {@code matched} tokens, 0 to 1. */
  double of(int matched) {
    return right[classOf(matched)];
  }

  /** Learns whether a guess was right. */
  void learn(int matched, boolean wasRight) {
    int at = classOf(matched);
    right[at] += WEIGHT * ((wasRight ? 1 : 0) - right[at]);
  }

  private static int classOf(int matched) {
    int at = 0;
    while (at < CLASSES.length && matched >= CLASSES[at]) {
      at++;
    }
    return at;
  }
}
