package llm.core.schema;

/** The states of a JSON number (RFC 8259 section 6), one character at a time. */
enum NumberGrammar {
  MINUS(false),
  ZERO(true),
  INTEGER(true),
  POINT(false),
  FRACTION(true),
  EXPONENT(false),
  EXPONENT_SIGN(false),
  EXPONENT_DIGITS(true);

  private final boolean mayEnd;

  NumberGrammar(boolean mayEnd) {
    this.mayEnd = mayEnd;
  }

  /** Whether what came so far is a number. */
  boolean mayEnd() {
    return mayEnd;
  }

  /** The state after a number's first character: a minus or a digit. */
  static NumberGrammar begin(char c) {
    return c == '-' ? MINUS : c == '0' ? ZERO : INTEGER;
  }

  /** The state after {@code c}; null when the number does not go on with it. */
  NumberGrammar next(char c) {
    boolean digit = c >= '0' && c <= '9';
    return switch (this) {
      case MINUS -> digit ? begin(c) : null;
      case ZERO -> afterInteger(c);
      case INTEGER -> digit ? INTEGER : afterInteger(c);
      case POINT -> digit ? FRACTION : null;
      case FRACTION -> digit ? FRACTION : exponent(c);
      case EXPONENT -> c == '+' || c == '-' ? EXPONENT_SIGN : digit ? EXPONENT_DIGITS : null;
      case EXPONENT_SIGN, EXPONENT_DIGITS -> digit ? EXPONENT_DIGITS : null;
    };
  }

  private static NumberGrammar afterInteger(char c) {
    return c == '.' ? POINT : exponent(c);
  }

  private static NumberGrammar exponent(char c) {
    return c == 'e' || c == 'E' ? EXPONENT : null;
  }
}
