package llm.gpu.llama;

/**
 * How a context is made.
 *
 * @param contextTokens the window, prompt and answer together, 1 or more
 * @param batchTokens the most tokens of one decode, 1 or more
 * @param threads threads that compute; as many as free cores, for more of them slow each other down
 */
public record ContextOptions(int contextTokens, int batchTokens, int threads) {
  /** Rejects numbers below 1. */
  public ContextOptions {
    if (contextTokens < 1 || batchTokens < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "context, batch and threads must be 1 or more, got "
              + contextTokens
              + ", "
              + batchTokens
              + " and "
              + threads);
    }
  }
}
