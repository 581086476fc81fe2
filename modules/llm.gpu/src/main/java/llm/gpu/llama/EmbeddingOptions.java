package llm.gpu.llama;

/**
 * How a context for vectors is made. Its memory grows with {@code batchTokens}, and the more so the
 * larger the vocabulary: llama.cpp keeps a row of logits for each token, wanted or not.
 *
 * @param batchTokens the most tokens of one decode, all texts together; so also of the longest text
 * @param sequences the most texts of one decode, 1 to {@code batchTokens} and to {@link
 *     ContextOptions#MAX_SEQUENCES}
 * @param threads threads that compute
 * @param pooling how a text's vectors become one
 */
public record EmbeddingOptions(int batchTokens, int sequences, int threads, Pooling pooling) {
  /** Rejects numbers outside their ranges; some of them would abort the process. */
  public EmbeddingOptions {
    if (batchTokens < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "batch and threads must be 1 or more, got " + batchTokens + " and " + threads);
    }
    if (sequences < 1 || sequences > Math.min(batchTokens, ContextOptions.MAX_SEQUENCES)) {
      throw new IllegalArgumentException(
          sequences
              + " sequences must be 1 to "
              + Math.min(batchTokens, ContextOptions.MAX_SEQUENCES));
    }
  }
}
