package llm.train.net;

/**
 * How large a network of the llama architecture is. Its head shares the weights of its embedding.
 *
 * @param vocabulary tokens it knows; a multiple of 32
 * @param width values of a token's state; a multiple of 32
 * @param layers of attention and feed-forward
 * @param inner values inside a feed-forward; a multiple of 32
 * @param contextTokens the longest sequence
 */
public record NetShape(int vocabulary, int width, int layers, int inner, int contextTokens) {
  /** Values of one attention head. */
  public static final int HEAD_WIDTH = 32;

  /** The period of the slowest rotary position is near this. */
  public static final float ROTATION_BASE = 10_000f;

  /** What a norm adds under its root. */
  public static final float NORM_EPSILON = 1e-5f;

  /** The widest block of columns that is multiplied at once, and a block of Q8_0. */
  static final int BLOCK = 32;

  /** Rejects what the kernels cannot compute. */
  public NetShape {
    for (int size : new int[] {vocabulary, width, inner}) {
      if (size < BLOCK || size % BLOCK != 0) {
        throw new IllegalArgumentException(size + " is no positive multiple of " + BLOCK);
      }
    }
    if (layers < 1 || contextTokens < 2) {
      throw new IllegalArgumentException("a network has a layer and reads two tokens at least");
    }
  }

  /** How many heads each attention has. */
  public int heads() {
    return width / HEAD_WIDTH;
  }
}
