package llm.core.telemetry;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import llm.domain.text.JsonChars;

/**
 * A growing buffer of JSON in UTF-8. Text is escaped so that a line stays one line on any terminal:
 * quotes, backslash, control characters (C1 too) and U+2028/2029; a lone surrogate, which has no
 * UTF-8 form, becomes U+FFFD. Not thread-safe.
 */
final class JsonBytes {
  /** Beyond this a decimal's thousandths no longer fit a long. */
  private static final double MAX_ROUNDED = 1e15;

  private byte[] bytes;
  private int length;

  JsonBytes(int capacity) {
    bytes = new byte[capacity];
  }

  int length() {
    return length;
  }

  int capacity() {
    return bytes.length;
  }

  /** Cuts back to an earlier {@link #length}. */
  void truncate(int earlier) {
    length = earlier;
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  /** Shows what was written since {@code from}, but its last byte, the line end. */
  void show(int from, Level level, LineTap tap) {
    tap.line(level, bytes, from, length - from - 1);
  }

  void append(JsonBytes other) {
    ensure(other.length);
    System.arraycopy(other.bytes, 0, bytes, length, other.length);
    length += other.length;
  }

  void ascii(char c) {
    ensure(1);
    bytes[length++] = (byte) c;
  }

  /** Text that is known to be ASCII without anything to escape. */
  @SuppressWarnings("deprecation") // getBytes(int,…) is the copy of low bytes that is wanted here
  void ascii(String text) {
    ensure(text.length());
    text.getBytes(0, text.length(), bytes, length);
    length += text.length();
  }

  void whole(long value) {
    ascii(Long.toString(value));
  }

  /** At most three decimals; what JSON has no number for becomes null. */
  void decimal(double value) {
    if (!Double.isFinite(value)) {
      ascii("null");
    } else if (Math.abs(value) >= MAX_ROUNDED) {
      ascii(Double.toString(value));
    } else {
      thousandths(Math.round(value * 1000));
    }
  }

  private void thousandths(long scaled) {
    if (scaled < 0) {
      ascii('-');
    }
    long positive = Math.abs(scaled);
    whole(positive / 1000);
    int fraction = (int) (positive % 1000);
    if (fraction == 0) {
      return;
    }
    ascii('.');
    for (int unit = 100; fraction > 0; fraction %= unit, unit /= 10) {
      ascii((char) ('0' + fraction / unit));
    }
  }

  /**
   * A quoted string.
   *
   * @param maxBytes of its UTF-8 form that are kept, whole code points; "…" follows a cut
   */
  void string(String text, int maxBytes) {
    ascii('"');
    int budget = maxBytes;
    int i = 0;
    while (i < text.length()) {
      int point = text.codePointAt(i);
      budget -= utf8Length(point);
      if (budget < 0) {
        codePoint('…');
        break;
      }
      codePoint(point);
      i += Character.charCount(point);
    }
    ascii('"');
  }

  private void codePoint(int point) {
    ensure(JsonChars.MOST_BYTES);
    boolean control = point >= 0x7F && point < 0xA0 || point == 0x2028 || point == 0x2029;
    length =
        control ? JsonChars.putEscape(bytes, length, point) : JsonChars.put(bytes, length, point);
  }

  private static int utf8Length(int point) {
    if (point < 0x80) {
      return 1;
    }
    if (point < 0x800) {
      return 2;
    }
    return point < 0x10000 ? 3 : 4;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
