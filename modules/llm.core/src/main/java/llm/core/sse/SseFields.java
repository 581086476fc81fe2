package llm.core.sse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/** The fields of an event stream beside {@code data}: they are few, short and mostly the same. */
final class SseFields {
  private static final int MOST_DIGITS = 15;

  private byte[] eventBytes = {};
  private String event = "";
  private boolean hasEvent;
  private String lastEventId = "";
  private long retryMillis = -1;

  /** Takes a field; names that the standard does not know are ignored, as it asks. */
  void take(byte[] line, int nameFrom, int nameTo, int from, int to) {
    switch (new String(line, nameFrom, Math.min(nameTo - nameFrom, 8), StandardCharsets.UTF_8)) {
      case "event" -> event(line, from, to);
      case "id" -> id(line, from, to);
      case "retry" -> retry(line, from, to);
      default -> {
        // another field
      }
    }
  }

  /** The type given since the last event, or {@code fallback}. */
  String takeEvent(String fallback) {
    boolean given = hasEvent && !event.isEmpty();
    hasEvent = false;
    return given ? event : fallback;
  }

  String lastEventId() {
    return lastEventId;
  }

  OptionalLong retryMillis() {
    return retryMillis < 0 ? OptionalLong.empty() : OptionalLong.of(retryMillis);
  }

  private void event(byte[] line, int from, int to) {
    hasEvent = true;
    if (!Arrays.equals(eventBytes, 0, eventBytes.length, line, from, to)) {
      eventBytes = Arrays.copyOfRange(line, from, to);
      event = new String(eventBytes, StandardCharsets.UTF_8);
    }
  }

  private void id(byte[] line, int from, int to) {
    String id = new String(line, from, to - from, StandardCharsets.UTF_8);
    if (id.indexOf(0) < 0) {
      lastEventId = id;
    }
  }

  private void retry(byte[] line, int from, int to) {
    long value = 0;
    for (int index = from; index < to; index++) {
      if (line[index] < '0' || line[index] > '9' || to - from > MOST_DIGITS) {
        return;
      }
      value = value * 10 + line[index] - '0';
    }
    retryMillis = to > from ? value : retryMillis;
  }
}
