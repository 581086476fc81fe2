package llm.core.template.jinja;

/**
 * A word of a template.
 *
 * @param text of a string literal what it means, else what it looks like
 * @param line from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** Text outside of all brackets. */
    WORDS,
    /** The bracket of a statement. */
    BLOCK_BEGIN,
    BLOCK_END,
    /** The double brace. */
    PRINT_BEGIN,
    PRINT_END,
    NAME,
    STRING,
    INTEGER,
    DECIMAL,
    OPERATOR,
    END
  }

  boolean is(Kind other, String what) {
    return kind == other && text.equals(what);
  }

  boolean isOperator(String what) {
    return is(Kind.OPERATOR, what);
  }

  boolean isName(String what) {
    return is(Kind.NAME, what);
  }

  /** For messages. */
  String shown() {
    return switch (kind) {
      case END -> "the end of the template";
      case BLOCK_END, PRINT_END -> "the end of the tag";
      default -> "'" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "'";
    };
  }
}
