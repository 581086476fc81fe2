package llm.core.trace;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * What became of one batch, by what the collector answered
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
 */
sealed interface Delivery {

  /**
   * It has them.
   *
   * @param rejected how many of them it did not want
   * @param message why, or what else it has to say; empty: nothing
   */
  record Taken(long rejected, String message) implements Delivery {}

  /** It does not take them, and will not. */
  record Refused(String reason) implements Delivery {}

  /** It may take them later, not before {@code after}, where it said so. */
  record Later(String reason, Optional<Duration> after) implements Delivery {}

  /** What {@code answer} means. */
  static Delivery of(Collector.Answer answer, Instant now) {
    int status = answer.status();
    if (status >= 200 && status < 300) {
      return taken(answer.body());
    }
    String reason = "status " + status;
    return switch (status) {
      case 429, 502, 503, 504 ->
          new Later(reason, answer.retryAfter().flatMap(text -> wait(text, now)));
      default ->
          new Refused(answer.body().isBlank() ? reason : reason + ", " + Excerpt.of(answer.body()));
    };
  }

  private static Taken taken(String body) {
    if (!body.contains("partialSuccess")) {
      return new Taken(0, "");
    }
    try {
      return JsonCursor.piece(new JsonText(body), "", Delivery::partial);
    } catch (LlmException | IllegalArgumentException _) {
      return new Taken(0, "an answer that cannot be read: " + Excerpt.of(body));
    }
  }

  private static Taken partial(JsonCursor json) throws LlmException {
    var rejected = new long[1];
    var message = new String[] {""};
    json.object(name -> {
      if (!name.equals("partialSuccess") || !json.isObject()) {
        json.cut();
        return;
      }
      json.object(field -> {
        switch (field) {
          case "rejectedSpans" ->
              rejected[0] = json.isString() ? number(json.string()) : json.longInteger();
          case "errorMessage" -> message[0] = json.string();
          default -> json.cut();
        }
      });
    });
    return new Taken(Math.max(0, rejected[0]), message[0].isEmpty() ? "" : Excerpt.of(message[0]));
  }

  private static long number(String digits) {
    return Long.parseLong(digits);
  }

  private static Optional<Duration> wait(String retryAfter, Instant now) {
    String text = retryAfter.strip();
    try {
      if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
      }
      Instant at = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(now, at);
      return Optional.of(left.isNegative() ? Duration.ZERO : left);
    } catch (DateTimeException | ArithmeticException | NumberFormatException _) {
      return Optional.empty(); // what cannot be read says nothing
    }
  }
}
