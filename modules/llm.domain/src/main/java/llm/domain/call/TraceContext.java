package llm.domain.call;

import java.util.Optional;
import llm.domain.text.Excerpt;

/**
 * W3C trace context of a call (https://www.w3.org/TR/trace-context/).
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 lower-case hex digits, not all zero: the span that called us
 * @param sampled whether the caller records this trace
 * @param state what other tracing systems say to each other, as {@code tracestate} has it; empty:
 *     nothing
 */
public record TraceContext(String traceId, String spanId, boolean sampled, String state) {
  private static final int TRACE_DIGITS = 32;
  private static final int SPAN_DIGITS = 16;
  private static final int SPAN_AT = 3 + TRACE_DIGITS + 1;
  private static final int FLAGS_AT = SPAN_AT + SPAN_DIGITS + 1;
  private static final int LENGTH = FLAGS_AT + 2;

  /** Rejects ids that are not the hex digits the standard asks for. */
  public TraceContext {
    if (!isId(traceId, TRACE_DIGITS) || !isId(spanId, SPAN_DIGITS)) {
      throw new IllegalArgumentException(
          "trace id "
              + Excerpt.of(traceId)
              + " and span id "
              + Excerpt.of(spanId)
              + " must be 32 and 16 lower-case hex digits, not all 0");
    }
  }

  /** One without a state. */
  public TraceContext(String traceId, String spanId, boolean sampled) {
    this(traceId, spanId, sampled, "");
  }

  /**
   * Reads a {@code traceparent} header. A header that the standard calls invalid gives an empty
   * result, as the standard asks: it is ignored, never an error.
   */
  public static Optional<TraceContext> parse(String traceparent) {
    return parse(traceparent, "");
  }

  /**
   * The same with a {@code tracestate}: of a traceparent that is ignored it is ignored too, and one
   * that is invalid by itself is left out.
   *
   * @param tracestate its lines joined with commas; empty: there is none
   */
  public static Optional<TraceContext> parse(String traceparent, String tracestate) {
    if (!isWellFormed(traceparent)) {
      return Optional.empty();
    }
    String traceId = traceparent.substring(3, 3 + TRACE_DIGITS);
    String spanId = traceparent.substring(SPAN_AT, SPAN_AT + SPAN_DIGITS);
    if (!isId(traceId, TRACE_DIGITS) || !isId(spanId, SPAN_DIGITS)) {
      return Optional.empty();
    }
    boolean sampled = (Character.digit(traceparent.charAt(LENGTH - 1), 16) & 1) == 1;
    return Optional.of(new TraceContext(traceId, spanId, sampled, TraceState.read(tracestate)));
  }

  /** Version, separators and flags; a later version may say more behind them, as 00 may not. */
  private static boolean isWellFormed(String header) {
    boolean hasForm =
        header.length() >= LENGTH
            && isHex(header, 0, 2)
            && header.charAt(2) == '-'
            && header.charAt(SPAN_AT - 1) == '-'
            && header.charAt(FLAGS_AT - 1) == '-'
            && isHex(header, FLAGS_AT, LENGTH);
    if (!hasForm || header.startsWith("ff")) {
      return false;
    }
    return header.length() == LENGTH || !header.startsWith("00") && header.charAt(LENGTH) == '-';
  }

  private static boolean isId(String text, int digits) {
    if (text.length() != digits || !isHex(text, 0, digits)) {
      return false;
    }
    for (int at = 0; at < digits; at++) {
      if (text.charAt(at) != '0') {
        return true;
      }
    }
    return false;
  }

  private static boolean isHex(String text, int from, int to) {
    for (int at = from; at < to; at++) {
      char c = text.charAt(at);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** The {@code traceparent} header that says this context, version 00. */
  public String traceparent() {
    return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
  }
}
