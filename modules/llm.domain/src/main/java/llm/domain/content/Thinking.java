package llm.domain.content;

import java.util.Locale;
import java.util.Optional;

/** How much a model is to reason before it answers. */
public sealed interface Thinking {
  /** Not at all. */
  record Off() implements Thinking {}

  /** As much as the model finds right. */
  record Adaptive() implements Thinking {}

  /** So much. */
  record ByEffort(Effort effort) implements Thinking {}

  /**
   * At most so many tokens.
   *
   * @param tokens 1 or more
   */
  record Budget(int tokens) implements Thinking {
    /** Rejects a budget of nothing. */
    public Budget {
      if (tokens < 1) {
        throw new IllegalArgumentException("a thinking budget must be 1 token or more: " + tokens);
      }
    }
  }

  /** Steps of effort, least first. */
  enum Effort {
    /** Hardly any. */
    MINIMAL(1_024),
    /** Little. */
    LOW(2_048),
    /** As usual. */
    MEDIUM(8_192),
    /** Much. */
    HIGH(16_384),
    /** Very much. */
    XHIGH(32_768),
    /** All there is. */
    MAX(65_536);

    private final int tokens;

    Effort(int tokens) {
      this.tokens = tokens;
    }

    /** What providers that take a budget are given for it. */
    public int budgetTokens() {
      return tokens;
    }

    /** The name in requests, as {@code low}. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The effort of a wire name; empty for one that is not known. */
    public static Optional<Effort> of(String wireName) {
      for (Effort effort : values()) {
        if (effort.wireName().equals(wireName)) {
          return Optional.of(effort);
        }
      }
      return Optional.empty();
    }

    /** The least effort that has room for a budget; the most for a larger one. */
    public static Effort ofBudget(int tokens) {
      for (Effort effort : values()) {
        if (tokens <= effort.tokens) {
          return effort;
        }
      }
      return MAX;
    }
  }
}
