package llm.domain.chat;

/**
 * Tokens that a request took.
 *
 * @param promptTokens tokens of the prompt, 0 or more
 * @param completionTokens tokens generated, 0 or more
 * @param cachedTokens how many of the prompt's tokens came from a cache, 0 to promptTokens
 * @param reasoningTokens how many of the generated tokens were reasoning, 0 to completionTokens; 0
 *     where the provider does not tell
 * @param cacheWriteTokens how many of the prompt's tokens were put into a cache at a price of their
 *     own, 0 to what did not come from one
 */
public record Usage(
    int promptTokens,
    int completionTokens,
    int cachedTokens,
    int reasoningTokens,
    int cacheWriteTokens) {
  /** No tokens at all. */
  public static final Usage NONE = new Usage(0, 0, 0);

  /** Rejects negative counts and parts larger than what they are part of. */
  public Usage {
    if (reasoningTokens < 0 || reasoningTokens > Math.max(0, completionTokens)) {
      throw new IllegalArgumentException(
          "reasoning tokens must be 0 to the completion's "
              + completionTokens
              + ", got "
              + reasoningTokens);
    }
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
    if (cacheWriteTokens < 0 || cacheWriteTokens > promptTokens - cachedTokens) {
      throw new IllegalArgumentException(
          "tokens written to a cache must be 0 to those that did not come from one, "
              + (promptTokens - cachedTokens)
              + ", got "
              + cacheWriteTokens);
    }
  }

  /** Usage of a provider that has no price for putting tokens into its cache. */
  public Usage(int promptTokens, int completionTokens, int cachedTokens, int reasoningTokens) {
    this(promptTokens, completionTokens, cachedTokens, reasoningTokens, 0);
  }

  /** Usage whose reasoning is not counted apart. */
  public Usage(int promptTokens, int completionTokens, int cachedTokens) {
    this(promptTokens, completionTokens, cachedTokens, 0);
  }

  /** Usage without cached tokens. */
  public static Usage of(int promptTokens, int completionTokens) {
    return new Usage(promptTokens, completionTokens, 0);
  }

  /** Prompt and completion together; saturates at {@link Integer#MAX_VALUE}. */
  public int totalTokens() {
    return (int) Math.min(Integer.MAX_VALUE, (long) promptTokens + completionTokens);
  }

  /** This and {@code other} together; counts saturate at {@link Integer#MAX_VALUE}. */
  public Usage plus(Usage other) {
    if (equals(NONE)) {
      return other;
    }
    int prompt = sum(promptTokens, other.promptTokens);
    int cached = sum(cachedTokens, other.cachedTokens);
    return new Usage(
        prompt,
        sum(completionTokens, other.completionTokens),
        cached,
        sum(reasoningTokens, other.reasoningTokens),
        Math.min(prompt - cached, sum(cacheWriteTokens, other.cacheWriteTokens)));
  }

  private static int sum(int one, int other) {
    return (int) Math.min(Integer.MAX_VALUE, (long) one + other);
  }
}
