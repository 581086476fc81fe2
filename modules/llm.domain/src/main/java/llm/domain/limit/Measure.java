package llm.domain.limit;

import java.util.Locale;

/** What a limit counts, and over which time. A day is one of UTC. */
public enum Measure {
  REQUESTS_PER_MINUTE("requests per minute"),
  TOKENS_PER_MINUTE("tokens per minute"),
  REQUESTS_PER_DAY("requests per day"),
  TOKENS_PER_DAY("tokens per day"),
  /** Counted in billionths of a US dollar. */
  COST_PER_DAY("of cost per day"),
  /** Requests that are under way. */
  MAX_CONCURRENT("requests at once");

  private final String words;

  Measure(String words) {
    this.words = words;
  }

  /** The measure in a sentence, behind its number. */
  public String words() {
    return words;
  }

  /** The measure as the configuration writes it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it begins again with each day. */
  public boolean isDaily() {
    return this == REQUESTS_PER_DAY || this == TOKENS_PER_DAY || this == COST_PER_DAY;
  }

  /** Whether what a request took of it is known at its end only. */
  public boolean isSettled() {
    return isTokens() || this == COST_PER_DAY;
  }

  /** Whether it counts tokens. */
  public boolean isTokens() {
    return this == TOKENS_PER_MINUTE || this == TOKENS_PER_DAY;
  }
}
