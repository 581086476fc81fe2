package llm.server.engine.message;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The Date field (RFC 9110, section 6.6.1), made once a second. Thread-safe. */
public final class DateField {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private record Made(long second, byte[] line) {}

  private volatile Made last = new Made(Long.MIN_VALUE, new byte[0]);

  /** A field that was not asked for yet. */
  public DateField() {}

  /** The field line of {@code now} with its line end; not the caller's to change. */
  public byte[] line(Instant now) {
    Made made = last;
    long second = now.getEpochSecond();
    if (made.second != second) {
      String line = "Date: " + FORMAT.format(now) + "\r\n";
      made = new Made(second, line.getBytes(StandardCharsets.US_ASCII));
      last = made;
    }
    return made.line;
  }
}
