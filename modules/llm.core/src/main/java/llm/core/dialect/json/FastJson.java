package llm.core.dialect.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What readers of frequent documents are made of: one pass over the bytes, no allocation but the
 * text itself. They know a part of JSON and leave the rest to {@link JsonCursor}; what they do know
 * they must read as it does. Not thread-safe.
 */
public abstract class FastJson {
  /** The bytes of the document, and of others around it. */
  protected byte[] bytes = {};

  /** Where the next byte is. */
  protected int at;

  /** Where the document ends. */
  protected int end;

  private char[] unescaped = new char[256];

  /** A reader of nothing yet. */
  protected FastJson() {}

  /** Begins a document. */
  protected final void begin(byte[] source, int offset, int length) {
    bytes = source;
    at = offset;
    end = offset + length;
  }

  /** Whether nothing follows but blanks. */
  protected final boolean ended() {
    blanks();
    return at == end;
  }

  /** The string that begins here; null: not known. */
  protected final String text() {
    if (!takes('"')) {
      return null;
    }
    int from = at;
    boolean ascii = true;
    for (; at < end; at++) {
      byte b = bytes[at];
      if (b == '"') {
        int length = at++ - from;
        if (ascii) {
          return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        }
        boolean whole = Utf8.firstIllFormed(bytes, from, from + length) < 0;
        return whole ? new String(bytes, from, length, StandardCharsets.UTF_8) : null;
      }
      if (b == '\\') {
        return ascii ? escaped(from) : null;
      }
      if (b >= 0 && b < 0x20) {
        return null;
      }
      ascii &= b >= 0;
    }
    return null;
  }

  /** A string of ASCII with escapes, the first of which is here. */
  private String escaped(int from) {
    int size = 0;
    for (at = from; at < end; at++) {
      if (size == unescaped.length) {
        unescaped = Arrays.copyOf(unescaped, size * 2);
      }
      byte b = bytes[at];
      if (b == '"') {
        at++;
        return new String(unescaped, 0, size);
      }
      int c = b == '\\' ? escape() : b;
      if (c < 0 || b < 0x20) {
        return null;
      }
      unescaped[size++] = (char) c;
    }
    return null;
  }

  /** The character of the escape here; leaves off at its last byte; -1: there is no such escape. */
  private int escape() {
    if (++at >= end) {
      return -1;
    }
    return switch (bytes[at]) {
      case '"' -> '"';
      case '\\' -> '\\';
      case '/' -> '/';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> hex();
      default -> -1;
    };
  }

  private int hex() {
    if (end - at < 5) {
      return -1;
    }
    int value = 0;
    for (int digit = 0; digit < 4; digit++) {
      byte b = bytes[++at];
      int nibble = b < 0 ? -1 : Character.digit(b, 16);
      if (nibble < 0) {
        return -1;
      }
      value = value << 4 | nibble;
    }
    return value;
  }

  /** The rest of a string behind its quote; false when it is not plain ASCII. */
  protected final boolean plainRest() {
    while (at < end) {
      byte b = bytes[at++];
      if (b == '"') {
        return true;
      }
      if (b < 0x20 || b == '\\') {
        return false;
      }
    }
    return false;
  }

  /** A whole number as JSON has it; what follows it is for the caller to judge. */
  protected final boolean whole() {
    int from = at;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    int digits = at - from;
    return digits > 0 && digits <= 18 && (digits == 1 || bytes[from] != '0');
  }

  /** Takes a null, if it is one that begins here. */
  protected final boolean isNull() {
    boolean found =
        end - at >= 4
            && bytes[at] == 'n'
            && bytes[at + 1] == 'u'
            && bytes[at + 2] == 'l'
            && bytes[at + 3] == 'l';
    at += found ? 4 : 0;
    return found;
  }

  /** Takes {@code c} if it comes next, blanks before it too. */
  protected final boolean takes(char c) {
    blanks();
    if (at < end && bytes[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  /** Takes blanks. */
  protected final void blanks() {
    while (at < end && bytes[at] <= ' ' && isBlank(bytes[at])) {
      at++;
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}
