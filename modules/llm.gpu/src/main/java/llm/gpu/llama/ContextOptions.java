package llm.gpu.llama;

/**
 * How a context is made.
 *
 * @param poolTokens tokens remembered at once, of all sequences together, 1 or more
 * @param batchTokens the most tokens of one decode, 1 or more
 * @param sequences how many sequences there are, 1 to {@link #MAX_SEQUENCES}
 * @param outputs the most outputs of one decode; as many as there are sequences at least
 * @param threads threads that compute; as many as free cores, for more of them slow each other down
 */
public record ContextOptions(
    int poolTokens, int batchTokens, int sequences, int outputs, int threads) {
  /** {@code LLAMA_MAX_SEQ} of the library. */
  public static final int MAX_SEQUENCES = 256;

  /** With an output for each sequence. */
  public ContextOptions(int poolTokens, int batchTokens, int sequences, int threads) {
    this(poolTokens, batchTokens, sequences, sequences, threads);
  }

  /** Rejects numbers outside their ranges. */
  public ContextOptions {
    if (poolTokens < 1 || batchTokens < 1 || sequences < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "pool, batch, sequences and threads must be 1 or more, got "
              + poolTokens
              + ", "
              + batchTokens
              + ", "
              + sequences
              + " and "
              + threads);
    }
    if (sequences > MAX_SEQUENCES) {
      throw new IllegalArgumentException(
          sequences + " sequences are more than llama.cpp's " + MAX_SEQUENCES);
    }
    if (outputs < sequences) {
      throw new IllegalArgumentException(
          outputs + " outputs are fewer than the " + sequences + " sequences");
    }
  }
}
