package llm.gpu.draft;

/**
 * How often guesses were right, of one answer or of all, by how many tokens were the same before
 * the place that they were copied from. One thread.
 */
final class Confidence {
  private static final int[] CLASSES = {5, 9, 24}; // matches of fewer tokens; longer ones are last
  private static final double WEIGHT = 0.12; // of a guess, for the answer it was made in
  private static final double WEIGHT_OF_ALL = 0.03;

  private final double[] right; // by class
  private final double weight;

  /** Of all answers, before the first one. */
  Confidence() {
    this.right = new double[] {0.5, 0.6, 0.8, 0.95};
    this.weight = WEIGHT_OF_ALL;
  }

  /** Of one answer that begins as is usual. */
  Confidence(Confidence usual) {
    this.right = usual.right.clone();
    this.weight = WEIGHT;
  }

  /** The share of right guesses behind {@code matched} tokens, 0 to 1. */
  double of(int matched) {
    return right[classOf(matched)];
  }

  /** Learns whether a guess was right. */
  void learn(int matched, boolean wasRight) {
    int at = classOf(matched);
    right[at] += weight * ((wasRight ? 1 : 0) - right[at]);
  }

  private static int classOf(int matched) {
    int at = 0;
    while (at < CLASSES.length && matched >= CLASSES[at]) {
      at++;
    }
    return at;
  }
}
