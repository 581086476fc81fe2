package llm.gpu.draft;

/**
 * How often guesses were right, of one answer or of all, by what they come from: a look-up, by how
 * many tokens were the same before the place that was copied from, or a draft model, by how
 * probable it thought them. One thread.
 */
final class Confidence {
  /** A kind of guess: any of the draft model, with its being tried at all. */
  static final int OF_MODEL = 0;

  private static final int FIRST_LOOKUP = 1;
  private static final int[] MATCHES = {5, 9, 24}; // of fewer tokens; longer ones are last
  private static final int FIRST_MODEL = FIRST_LOOKUP + MATCHES.length + 1;
  private static final double[] PROBABILITIES = {0.4, 0.7, 0.9}; // below; higher ones are last
  private static final double WEIGHT = 0.12; // of a guess, for the answer it was made in
  private static final double WEIGHT_OF_ALL = 0.03;

  private static final int SUPPOSED = 3; // guesses that the first values are worth

  private final double[] right; // by kind
  private final int[] seen; // likewise
  private final double weight;

  /** Of all answers, before the first one. */
  Confidence() {
    this.right = new double[] {0.6, 0.5, 0.6, 0.8, 0.95, 0.3, 0.5, 0.75, 0.9};
    this.seen = new int[right.length];
    this.weight = WEIGHT_OF_ALL;
  }

  /** Of one answer that begins as is usual. */
  Confidence(Confidence usual) {
    this.right = usual.right.clone();
    this.seen = usual.seen.clone();
    this.weight = WEIGHT;
  }

  /** The kind of what was looked up behind {@code matched} tokens. */
  static int ofMatch(int matched) {
    int kind = FIRST_LOOKUP;
    for (int most : MATCHES) {
      kind += matched >= most ? 1 : 0;
    }
    return kind;
  }

  /** The kind of what a draft model thinks so probable, 0 to 1. */
  static int ofProbability(double probability) {
    int kind = FIRST_MODEL;
    for (double most : PROBABILITIES) {
      kind += probability >= most ? 1 : 0;
    }
    return kind;
  }

  /** The share of right guesses of a kind, 0 to 1. */
  double of(int kind) {
    return right[kind];
  }

  /** Learns whether a guess was right; the first ones count more. */
  void learn(int kind, boolean wasRight) {
    double much = Math.max(weight, 1. / (++seen[kind] + SUPPOSED));
    right[kind] += much * ((wasRight ? 1 : 0) - right[kind]);
  }
}
