package llm.domain.chat;

/**
 * Tokens that a request took.
 *
 * @param promptTokens tokens of the prompt, 0 or more
 * @param completionTokens tokens generated, 0 or more
 * @param cachedTokens how many of the prompt's tokens came from a cache, 0 to promptTokens
 */
public record Usage(int promptTokens, int completionTokens, int cachedTokens) {
  /** No tokens at all. */
  public static final Usage NONE = new Usage(0, 0, 0);

  /** Rejects negative counts and more cached tokens than prompt tokens. */
  public Usage {
    if (promptTokens < 0
        || completionTokens < 0
        || cachedTokens < 0
        || cachedTokens > promptTokens) {
      throw new IllegalArgumentException(
          "token counts must not be negative, cached at most prompt: prompt "
              + promptTokens
              + ", completion "
              + completionTokens
              + ", cached "
              + cachedTokens);
    }
  }

  /** Usage without cached tokens. */
  public static Usage of(int promptTokens, int completionTokens) {
    return new Usage(promptTokens, completionTokens, 0);
  }

  /** Prompt and completion together; saturates at {@link Integer#MAX_VALUE}. */
  public int totalTokens() {
    return (int) Math.min(Integer.MAX_VALUE, (long) promptTokens + completionTokens);
  }
}
