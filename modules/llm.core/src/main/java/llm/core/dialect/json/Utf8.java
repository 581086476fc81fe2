package llm.core.dialect.json;

import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Checks bytes for well-formed UTF-8 (Unicode 15.0, table 3-7): no overlong forms, no surrogates,
 * nothing above U+10FFFF, nothing cut off.
 */
public final class Utf8 {
  private Utf8() {}

  /** Where the text begins: behind a byte order mark, if there is one. */
  static int start(byte[] body) {
    boolean mark =
        body.length >= 3
            && body[0] == (byte) 0xEF
            && body[1] == (byte) 0xBB
            && body[2] == (byte) 0xBF;
    return mark ? 3 : 0;
  }

  /**
   * Refuses what is not UTF-8 at its line and byte. The parser would guess UTF-16 and UTF-32 from
   * zero bytes at the begin, and take some ill-formed UTF-8.
   */
  static void require(byte[] body, int start) throws LlmException {
    int bad = firstIllFormed(body, start, body.length);
    for (int index = start; bad < 0 && index < Math.min(body.length, start + 4); index++) {
      bad = body[index] == 0 ? index : bad;
    }
    if (bad < 0) {
      return;
    }
    int line = 1;
    int lineStart = start;
    for (int index = start; index < bad; index++) {
      if (body[index] == '\n') {
        line++;
        lineStart = index + 1;
      }
    }
    String detail = "byte 0x%02x is not UTF-8 text".formatted(body[bad] & 0xFF);
    throw new LlmException(new LlmError.InvalidJson(detail, line, bad - lineStart + 1));
  }

  /** The index of the first surrogate without its partner, which UTF-8 cannot say; -1: none. */
  static int firstLoneSurrogate(String text) {
    for (int index = 0; index < text.length(); index++) {
      char c = text.charAt(index);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && index + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(index + 1));
      if (!pair) {
        return index;
      }
      index++;
    }
    return -1;
  }

  /**
   * The index of the first byte of the first ill-formed sequence from {@code start} up to {@code
   * end}; -1: none.
   */
  public static int firstIllFormed(byte[] bytes, int start, int end) {
    int index = start;
    while (index < end) {
      if (bytes[index] >= 0) {
        index++;
        continue;
      }
      int length = sequenceLength(bytes, index, end);
      if (length == 0) {
        return index;
      }
      index += length;
    }
    return -1;
  }

  /** Bytes of the well-formed multi-byte sequence at {@code index}; 0 when it is ill-formed. */
  private static int sequenceLength(byte[] bytes, int index, int end) {
    int lead = bytes[index] & 0xFF;
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || end - index < length) {
      return 0;
    }
    int second = bytes[index + 1] & 0xFF;
    int least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) {
      return 0;
    }
    for (int next = index + 2; next < index + length; next++) {
      if ((bytes[next] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
