package llm.train.net;

/**
 * One sequence of tokens and how much each is to be learned as the successor of those before it.
 * Immutable.
 */
public final class Example {
  private final int[] tokens;
  private final float[] weights;

  /**
   * An example; copies both.
   *
   * @param tokens at least two
   * @param weights of each token, 0 where it is only read
   */
  public Example(int[] tokens, float[] weights) {
    if (tokens.length < 2 || tokens.length != weights.length) {
      throw new IllegalArgumentException(
          tokens.length + " tokens with " + weights.length + " weights");
    }
    this.tokens = tokens.clone();
    this.weights = weights.clone();
  }

  /** How many tokens. */
  public int size() {
    return tokens.length;
  }

  /** A token by its place. */
  public int token(int index) {
    return tokens[index];
  }

  /** How much the token at this place is to be learned. */
  public float weight(int index) {
    return weights[index];
  }
}
