package llm.core.gbnf;

/** The text of a grammar, read from left to right. */
final class GbnfText {
  private static final int END = -1;
  private static final int MOST_OF_NAME = 200;

  private final int[] text; // code points
  private int at;
  private int line = 1;
  private int lineStart;

  GbnfText(String text) {
    this.text = text.codePoints().toArray();
  }

  int line() {
    return line;
  }

  int column() {
    return at - lineStart + 1;
  }

  boolean atEnd() {
    return at == text.length;
  }

  /** What is wrong here. */
  GbnfException problem(String what) {
    return new GbnfException(line, column(), what);
  }

  /** The next character as an error shows it. */
  String shown() {
    int next = peek(0);
    if (next == END) {
      return "the end";
    }
    boolean plain = next >= ' ' && !Character.isISOControl(next) && !isSurrogate(next);
    return plain ? "'" + Character.toString(next) + "'" : String.format("U+%04X", next);
  }

  boolean isNext(char wanted) {
    return peek(0) == wanted;
  }

  boolean isNext(String wanted) {
    for (int i = 0; i < wanted.length(); i++) {
      if (peek(i) != wanted.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean isDigitNext() {
    return peek(0) >= '0' && peek(0) <= '9';
  }

  /** Skips {@code wanted}, if it is there. */
  boolean skip(String wanted) {
    boolean there = isNext(wanted);
    if (there) {
      for (int i = 0; i < wanted.length(); i++) {
        skipOne();
      }
    }
    return there;
  }

  int skipOne() {
    int taken = text[at++];
    if (taken == '\n') {
      line++;
      lineStart = at;
    }
    return taken;
  }

  /** Skips blanks and comments, and ends of lines where they say nothing. */
  void skipSpace(boolean overLines) {
    while (!atEnd()) {
      int next = peek(0);
      if (next == '#') {
        while (!atEnd() && peek(0) != '\r' && peek(0) != '\n') {
          at++;
        }
      } else if (next == ' ' || next == '\t' || overLines && (next == '\r' || next == '\n')) {
        skipOne();
      } else {
        return;
      }
    }
  }

  boolean skipLineEnd() {
    return skip("\r\n") || skip("\n") || skip("\r");
  }

  /** The name of a rule; empty when none begins here. */
  String name() throws GbnfException {
    var name = new StringBuilder();
    while (isWord(peek(0))) {
      if (name.length() == MOST_OF_NAME) {
        throw problem("a name has more than " + MOST_OF_NAME + " characters");
      }
      name.append((char) text[at++]);
    }
    return name.toString();
  }

  /**
   * One character, escaped or not.
   *
   * @param within what ends without it
   */
  int character(String within) throws GbnfException {
    int next = peek(0);
    if (next == END) {
      throw problem("the grammar ends within " + within);
    }
    if (next != '\\') {
      if (isSurrogate(next)) {
        throw problem("half of a surrogate pair is no character");
      }
      return skipOne();
    }
    int sign = peek(1);
    return switch (sign) {
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 't' -> escaped('\t');
      case 'r' -> escaped('\r');
      case 'n' -> escaped('\n');
      case '\\', '"', '[', ']' -> escaped(sign);
      default ->
          throw problem(
              "an unknown escape; known are \\n \\r \\t \\\\ \\\" \\[ \\] \\xNN \\uNNNN"
                  + " \\UNNNNNNNN");
    };
  }

  private int escaped(int meant) {
    at += 2;
    return meant;
  }

  private int hex(int digits) throws GbnfException {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(Math.max(0, peek(2 + i)), 16);
      if (digit < 0 || peek(2 + i) > 'f') {
        throw problem("an escape with fewer than " + digits + " hexadecimal digits");
      }
      value = value * 16 + digit;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw problem("an escape beyond U+10FFFF, the last character");
    }
    at += 2 + digits;
    return (int) value;
  }

  private int peek(int ahead) {
    return at + ahead < text.length ? text[at + ahead] : END;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static boolean isWord(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '-'
        || c == '_';
  }
}
