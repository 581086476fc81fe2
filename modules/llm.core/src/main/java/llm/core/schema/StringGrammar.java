package llm.core.schema;

/**
 * The inside of a JSON string (RFC 8259 section 7), one UTF-16 unit at a time. An escape shows when
 * it is whole, and so does a surrogate pair, however its halves are written; a half without its
 * other half, which the grammar allows and no text can hold, becomes U+FFFD.
 */
final class StringGrammar {
  private static final char REPLACEMENT = '\uFFFD';
  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String ESCAPED = "\"\\/\b\f\n\r\t";

  /** What a unit has brought. */
  enum Step {
    /** Nothing that can be seen. */
    MORE,
    /** The text has grown. */
    GROWN,
    /** The closing quote. */
    END,
    /** It cannot stand here. */
    BAD
  }

  private final StringBuilder text;
  private boolean escape; // behind a backslash
  private int hexDigits = -1; // of a \\u escape, so far; -1: not in one
  private int hex;
  private char high; // the first half of a pair whose second half is to come; 0: none

  /** Reads into {@code text}, which its owner empties between two strings. */
  StringGrammar(StringBuilder text) {
    this.text = text;
  }

  /**
   * Takes the characters that stand for themselves.
   *
   * @return where the first one stands that does not
   */
  int takePlain(CharSequence input, int at, int end) {
    int stop = at;
    if (!escape && hexDigits < 0 && high == 0) {
      while (stop < end && isPlain(input.charAt(stop))) {
        stop++;
      }
      text.append(input, at, stop);
    }
    return stop;
  }

  Step take(char c) {
    if (hexDigits >= 0) {
      return hexDigit(c);
    }
    if (escape) {
      return escaped(c);
    }
    if (c == '\\') {
      escape = true;
      return Step.MORE;
    }
    if (c == '"') {
      flushHalf();
      return Step.END;
    }
    return c < 0x20 ? Step.BAD : unit(c);
  }

  /** What may stand here. */
  String expected() {
    if (hexDigits >= 0) {
      return "four hexadecimal digits";
    }
    return escape
        ? "one of \" \\ / b f n r t u behind the backslash"
        : "the end of the string, or characters from U+0020 on";
  }

  private Step escaped(char c) {
    int which = ESCAPES.indexOf(c);
    if (which >= 0) {
      escape = false;
      return unit(ESCAPED.charAt(which));
    }
    if (c != 'u') {
      return Step.BAD;
    }
    hexDigits = 0;
    hex = 0;
    return Step.MORE;
  }

  private Step hexDigit(char c) {
    int digit = c < 0x80 ? Character.digit(c, 16) : -1;
    if (digit < 0) {
      return Step.BAD;
    }
    hex = hex << 4 | digit;
    if (++hexDigits < 4) {
      return Step.MORE;
    }
    escape = false;
    hexDigits = -1;
    return unit((char) hex);
  }

  private Step unit(char c) {
    if (high != 0 && Character.isLowSurrogate(c)) {
      text.append(high).append(c);
      high = 0;
      return Step.GROWN;
    }
    boolean flushed = flushHalf();
    if (Character.isHighSurrogate(c)) {
      high = c;
      return flushed ? Step.GROWN : Step.MORE;
    }
    text.append(Character.isLowSurrogate(c) ? REPLACEMENT : c);
    return Step.GROWN;
  }

  private boolean flushHalf() {
    if (high == 0) {
      return false;
    }
    high = 0;
    text.append(REPLACEMENT);
    return true;
  }

  private static boolean isPlain(char c) {
    return c >= 0x20 && c != '"' && c != '\\' && !Character.isSurrogate(c);
  }
}
