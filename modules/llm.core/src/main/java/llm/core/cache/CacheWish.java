package llm.core.cache;

import java.time.Duration;
import java.util.Locale;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/** What a caller says of the cache, in the header {@link #HEADER}. */
sealed interface CacheWish {
  /** Of requests, what they wish; of answers, how they came. */
  String HEADER = "x-llm-cache";

  /** Answer from the cache, and keep what is not there. */
  record Use() implements CacheWish {}

  /** The same with an answer that is no older, kept for as long. */
  record UseFor(Duration life) implements CacheWish {}

  /** Ask the model, and keep what it says instead of what is there. */
  record Refresh() implements CacheWish {}

  /** Ask the model, and keep nothing. */
  record NoStore() implements CacheWish {}

  /**
   * Reads the header's value.
   *
   * @throws LlmException when it is none of what it may be
   */
  static CacheWish parse(String value) throws LlmException {
    String said = value.strip().toLowerCase(Locale.ROOT);
    return switch (said) {
      case "true" -> new Use();
      case "refresh" -> new Refresh();
      case "no-store", "false" -> new NoStore();
      default -> new UseFor(seconds(said));
    };
  }

  private static Duration seconds(String said) throws LlmException {
    boolean isNumber = !said.isEmpty() && said.length() <= 9;
    for (int i = 0; i < said.length(); i++) {
      isNumber &= said.charAt(i) >= '0' && said.charAt(i) <= '9';
    }
    long seconds = isNumber ? Long.parseLong(said) : 0;
    if (seconds < 1 || seconds > CacheRule.LONGEST.toSeconds()) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              HEADER,
              "header x-llm-cache "
                  + Excerpt.of(said)
                  + " must be true, refresh, no-store, or a number of seconds from 1 to "
                  + CacheRule.LONGEST.toSeconds()));
    }
    return Duration.ofSeconds(seconds);
  }
}
