package llm.domain.text;

import java.nio.charset.StandardCharsets;

/**
 * How characters stand in a JSON string (RFC 8259 section 7) and in UTF-8: the one place that
 * knows, for every writer of ours. Quote, backslash and control characters are escaped, the rest
 * stands as it is; a writer that wants more escaped says so by {@link #putEscape}.
 */
public final class JsonChars {
  /** The most bytes of one character: an escape such as {@code \\u001f}. */
  public static final int MOST_BYTES = 6;

  private static final int REPLACEMENT = 0xFFFD;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private JsonChars() {}

  /**
   * Writes a code point into {@code bytes} at {@code at}, where {@link #MOST_BYTES} must have room;
   * half a surrogate pair, which UTF-8 cannot say, becomes U+FFFD.
   *
   * @return where the next one goes
   */
  public static int put(byte[] bytes, int at, int point) {
    if (point < 0x80) {
      if (isPlain(point)) {
        bytes[at] = (byte) point;
        return at + 1;
      }
      return putEscape(bytes, at, point);
    }
    return putUtf8(bytes, at, point);
  }

  /** Writes the escape of a character of the basic plane, the short one where there is one. */
  public static int putEscape(byte[] bytes, int at, int c) {
    bytes[at] = '\\';
    switch (c) {
      case '"', '\\' -> bytes[at + 1] = (byte) c;
      case '\n' -> bytes[at + 1] = 'n';
      case '\r' -> bytes[at + 1] = 'r';
      case '\t' -> bytes[at + 1] = 't';
      default -> {
        return putHex(bytes, at + 1, c);
      }
    }
    return at + 2;
  }

  /** Appends the escape of a character of the basic plane. */
  public static void appendEscape(StringBuilder out, char c) {
    byte[] escape = new byte[MOST_BYTES]; // does not outlive the call: no allocation once compiled
    int length = putEscape(escape, 0, c);
    for (int i = 0; i < length; i++) {
      out.append((char) escape[i]);
    }
  }

  /** Whether an ASCII character stands for itself. */
  public static boolean isPlain(int c) {
    return c >= 0x20 && c != '"' && c != '\\';
  }

  private static int putUtf8(byte[] bytes, int at, int point) {
    if (point < 0x800) {
      bytes[at] = (byte) (0xC0 | point >> 6);
      bytes[at + 1] = tail(point);
      return at + 2;
    }
    if (point < 0x10000) {
      boolean half = point >= 0xD800 && point <= 0xDFFF;
      int whole = half ? REPLACEMENT : point;
      bytes[at] = (byte) (0xE0 | whole >> 12);
      bytes[at + 1] = tail(whole >> 6);
      bytes[at + 2] = tail(whole);
      return at + 3;
    }
    bytes[at] = (byte) (0xF0 | point >> 18);
    bytes[at + 1] = tail(point >> 12);
    bytes[at + 2] = tail(point >> 6);
    bytes[at + 3] = tail(point);
    return at + 4;
  }

  private static byte tail(int bits) {
    return (byte) (0x80 | bits & 0x3F);
  }

  private static int putHex(byte[] bytes, int at, int c) {
    bytes[at] = 'u';
    bytes[at + 1] = HEX[c >> 12 & 15];
    bytes[at + 2] = HEX[c >> 8 & 15];
    bytes[at + 3] = HEX[c >> 4 & 15];
    bytes[at + 4] = HEX[c & 15];
    return at + 5;
  }
}
