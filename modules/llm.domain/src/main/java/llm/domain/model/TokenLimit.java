package llm.domain.model;

import java.util.Optional;
import llm.domain.chat.Usage;

/**
 * The most tokens that something may take: a prompt and its answer in a window, or an answer alone.
 * A context window and a maximum output are two limits; {@link #outputBudget} joins them.
 *
 * @param value 1 or more
 */
public record TokenLimit(int value) {
  /** The least limit that the API accepts. */
  public static final int MIN = 1;

  /** The least limit of the default policy, which is stricter than the API. */
  public static final int DEFAULT_POLICY_MIN = 100;

  /** The greatest limit of the default policy. */
  public static final int DEFAULT_POLICY_MAX = 200_000;

  /** From this share of the limit on it is nearly exhausted. */
  public static final double NEARLY_EXHAUSTED_PERCENT = 90.0;

  /** Rejects values below 1. */
  public TokenLimit {
    if (value < MIN) {
      throw new IllegalArgumentException("token limit " + value + " must be at least " + MIN);
    }
  }

  /** The model's context window: what prompt and answer may take together. */
  public static TokenLimit forModel(ModelSpec spec) {
    return new TokenLimit(spec.contextTokens());
  }

  /**
   * What an answer may take, as it goes on the wire: the least of what was asked, the model's
   * maximum output and what the prompt leaves of its window.
   *
   * @param asked the caller's {@code max_tokens}, 1 or more; empty: as much as the model gives
   * @param promptTokens what the prompt takes, 0 or more
   * @return empty when the prompt leaves nothing of the window
   */
  public static Optional<TokenLimit> outputBudget(
      Optional<Integer> asked, ModelSpec spec, int promptTokens) {
    if (promptTokens < 0) {
      throw new IllegalArgumentException("prompt tokens " + promptTokens + " must be 0 or more");
    }
    int wanted = asked.map(TokenLimit::new).map(TokenLimit::value).orElse(Integer.MAX_VALUE);
    int left = spec.contextTokens() - promptTokens;
    int budget = Math.min(wanted, Math.min(spec.maxOutputTokens(), left));
    return budget < MIN ? Optional.empty() : Optional.of(new TokenLimit(budget));
  }

  /** Whether the default policy, 100 to 200,000 tokens, allows this limit. */
  public boolean isWithinDefaultPolicy() {
    return value >= DEFAULT_POLICY_MIN && value <= DEFAULT_POLICY_MAX;
  }

  /** Whether prompt and answer together took no more than this. */
  public boolean isWithinLimit(Usage usage) {
    return usage.totalTokens() <= value;
  }

  /** Tokens left after {@code usage}; 0 when it took more. */
  public int remaining(Usage usage) {
    return Math.max(0, value - usage.totalTokens());
  }

  /** The share that {@code usage} took, 0.0 and up; more than 100.0 when it took more. */
  public double percentageUsed(Usage usage) {
    return usage.totalTokens() * 100.0 / value;
  }

  /** Whether {@code usage} took {@link #NEARLY_EXHAUSTED_PERCENT} of this, or more. */
  public boolean isNearlyExhausted(Usage usage) {
    return percentageUsed(usage) >= NEARLY_EXHAUSTED_PERCENT;
  }
}
