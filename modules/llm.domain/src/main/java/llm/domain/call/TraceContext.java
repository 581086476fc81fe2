package llm.domain.call;

import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.text.Excerpt;

/**
 * W3C trace context of a call (https://www.w3.org/TR/trace-context/).
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 lower-case hex digits, not all zero: the span that called us
 * @param sampled whether the caller records this trace
 */
public record TraceContext(String traceId, String spanId, boolean sampled) {
  private static final Pattern HEADER =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");
  private static final Pattern TRACE_ID = Pattern.compile("(?!0{32})[0-9a-f]{32}");
  private static final Pattern SPAN_ID = Pattern.compile("(?!0{16})[0-9a-f]{16}");

  /** Rejects ids that are not the hex digits the standard asks for. */
  public TraceContext {
    if (!TRACE_ID.matcher(traceId).matches() || !SPAN_ID.matcher(spanId).matches()) {
      throw new IllegalArgumentException(
          "trace id "
              + Excerpt.of(traceId)
              + " and span id "
              + Excerpt.of(spanId)
              + " must be 32 and 16 lower-case hex digits, not all 0");
    }
  }

  /**
   * Reads a {@code traceparent} header. A header that the standard calls invalid gives an empty
   * result, as the standard asks: it is ignored, never an error.
   */
  public static Optional<TraceContext> parse(String traceparent) {
    var matcher = HEADER.matcher(traceparent);
    if (!matcher.matches()
        || traceparent.startsWith("ff")
        || (traceparent.startsWith("00") && matcher.group(4) != null)
        || !TRACE_ID.matcher(matcher.group(1)).matches()
        || !SPAN_ID.matcher(matcher.group(2)).matches()) {
      return Optional.empty();
    }
    boolean sampled = (Integer.parseInt(matcher.group(3), 16) & 1) == 1;
    return Optional.of(new TraceContext(matcher.group(1), matcher.group(2), sampled));
  }

  /** The {@code traceparent} header that says this context, version 00. */
  public String traceparent() {
    return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
  }
}
