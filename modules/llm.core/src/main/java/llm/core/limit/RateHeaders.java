package llm.core.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import llm.domain.call.Call;
import llm.domain.limit.Measure;
import llm.domain.limit.Standing;

/**
 * Tells in an answer's head how the limits stand: of requests and of tokens, that of which the
 * least is left. Clients of Anthropic's API look for other names than those of OpenAI's, and for
 * points in time instead of durations.
 */
final class RateHeaders {
  private static final String ANTHROPIC_PATH = "/v1/messages";
  private static final int SECONDS_PER_HOUR = 3_600;
  private static final int SECONDS_PER_MINUTE = 60;

  private RateHeaders() {}

  /** Notes them on the call. */
  static void note(List<Standing> standings, Call call, String endpoint, Instant now) {
    Standing requests = null;
    Standing tokens = null;
    for (Standing standing : standings) {
      if (standing.measure().isTokens()) {
        tokens = tighter(tokens, standing);
      } else if (standing.measure() == Measure.REQUESTS_PER_MINUTE
          || standing.measure() == Measure.REQUESTS_PER_DAY) {
        requests = tighter(requests, standing);
      }
    }
    note("requests", requests, call, endpoint, now);
    note("tokens", tokens, call, endpoint, now);
  }

  private static Standing tighter(Standing known, Standing other) {
    return known == null || other.remaining() < known.remaining() ? other : known;
  }

  private static void note(String what, Standing standing, Call call, String path, Instant now) {
    if (standing == null) {
      return;
    }
    String limit = Long.toString(standing.limit());
    String remaining = Long.toString(standing.remaining());
    if (path.startsWith(ANTHROPIC_PATH)) {
      String prefix = "anthropic-ratelimit-" + what;
      Instant reset = now.plus(standing.reset()).plusMillis(999).truncatedTo(ChronoUnit.SECONDS);
      call.note(prefix + "-limit", limit);
      call.note(prefix + "-remaining", remaining);
      call.note(prefix + "-reset", reset.toString());
    } else {
      call.note("x-ratelimit-limit-" + what, limit);
      call.note("x-ratelimit-remaining-" + what, remaining);
      call.note("x-ratelimit-reset-" + what, text(standing.reset()));
    }
  }

  /** As {@code 12ms}, {@code 1s}, {@code 6m0s}, {@code 2h0m0s}; rounded up. */
  static String text(Duration reset) {
    long millis = reset.plusNanos(999_999).toMillis();
    if (millis < 1_000) {
      return millis + "ms";
    }
    long seconds = (millis + 999) / 1_000;
    long hours = seconds / SECONDS_PER_HOUR;
    long minutes = seconds % SECONDS_PER_HOUR / SECONDS_PER_MINUTE;
    return (hours > 0 ? hours + "h" : "")
        + (seconds >= SECONDS_PER_MINUTE ? minutes + "m" : "")
        + seconds % SECONDS_PER_MINUTE
        + "s";
  }
}
