package llm.domain.prompt;

import java.time.Duration;
import java.time.Instant;
import llm.domain.model.ModelName;

/**
 * A prompt that a model has read already and keeps, so that later requests that begin with it need
 * not wait for that part.
 *
 * @param id to release it by
 * @param model who keeps it
 * @param promptTokens what it takes, 0 or more
 * @param cachedTokens how many of them were there before, 0 to promptTokens
 * @param expires when it ends by itself
 */
public record WarmPrefix(
    WarmPrefixId id, ModelName model, int promptTokens, int cachedTokens, Instant expires) {
  /** For how long where nobody says. */
  public static final Duration DEFAULT_KEEP = Duration.ofMinutes(5);

  /** For how long at most. */
  public static final Duration LONGEST_KEEP = Duration.ofHours(1);

  /** Rejects counts that cannot be. */
  public WarmPrefix {
    if (cachedTokens < 0 || cachedTokens > promptTokens) {
      throw new IllegalArgumentException(
          "cached tokens " + cachedTokens + " must be 0 to the prompt's " + promptTokens);
    }
  }

  /**
   * Checks for how long a prefix is to be kept.
   *
   * @throws IllegalArgumentException when it is not more than 0 and at most {@link #LONGEST_KEEP}
   */
  public static void requireLegal(Duration keep) {
    if (!keep.isPositive() || keep.compareTo(LONGEST_KEEP) > 0) {
      throw new IllegalArgumentException(
          "a prefix is kept for more than 0 and at most " + LONGEST_KEEP + ", not for " + keep);
    }
  }
}
