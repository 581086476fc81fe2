package llm.domain.port;

import java.util.Locale;

/**
 * How a provider is.
 *
 * @param status in one word
 * @param detail in one client-safe sentence
 */
public record ProviderHealth(Status status, String detail) {
  /** In one word. */
  public enum Status {
    /** Serves. */
    UP,
    /** Serves, but not all or not well. */
    DEGRADED,
    /** Does not serve. */
    DOWN;

    /** The word in JSON, in lower case. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
