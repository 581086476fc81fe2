package llm.providers.upstream;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Function;

/**
 * When an upstream wants to be asked again: {@code retry-after-ms} as OpenAI has it, else {@code
 * Retry-After} in seconds or as a date (RFC 9110 section 10.2.3). What is neither is ignored.
 */
final class RetryAfter {
  private static final Duration LONGEST = Duration.ofDays(1);

  private RetryAfter() {}

  /** The time to wait, 0 to a day; empty when the upstream does not say. */
  static Optional<Duration> of(Function<String, Optional<String>> header, Instant now) {
    return header
        .apply("retry-after-ms")
        .flatMap(text -> number(text, 1))
        .or(() -> header.apply("retry-after").flatMap(text -> seconds(text.strip(), now)));
  }

  private static Optional<Duration> seconds(String text, Instant now) {
    return number(text, 1_000).or(() -> date(text, now));
  }

  private static Optional<Duration> number(String text, int millisPerUnit) {
    try {
      double millis = Double.parseDouble(text) * millisPerUnit;
      return millis >= 0
          ? Optional.of(Duration.ofMillis((long) Math.min(millis, LONGEST.toMillis())))
          : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static Optional<Duration> date(String text, Instant now) {
    try {
      Instant at = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(now, at);
      Duration positive = left.isNegative() ? Duration.ZERO : left;
      return Optional.of(positive.compareTo(LONGEST) > 0 ? LONGEST : positive);
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }
}
