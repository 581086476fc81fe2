package llm.core.telemetry;

import java.time.Instant;

/**
 * Writes instants as RFC 3339 in UTC with milliseconds; keeps the text of the current second. Not
 * thread-safe.
 */
final class TimeText {
  private long second = Long.MIN_VALUE;
  private String text = "";

  void write(long epochMillis, JsonBytes out) {
    long at = Math.floorDiv(epochMillis, 1000L);
    if (at != second) {
      String whole = Instant.ofEpochSecond(at).toString(); // 2026-01-02T03:04:05Z
      text = whole.substring(0, whole.length() - 1);
      second = at;
    }
    int millis = (int) Math.floorMod(epochMillis, 1000L);
    out.ascii(text);
    out.ascii('.');
    out.ascii((char) ('0' + millis / 100));
    out.ascii((char) ('0' + millis / 10 % 10));
    out.ascii((char) ('0' + millis % 10));
    out.ascii('Z');
  }
}
