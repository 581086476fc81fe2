package llm.core.template.answer;

/**
 * Finds the end of a JSON value in characters that come one by one. It looks at brackets and
 * strings only: arguments are passed on as the model wrote them.
 */
final class ValueScan {
  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean begun;
  private boolean ended;

  /** What a character is. */
  enum Place {
    /** Part of the value. */
    INSIDE,
    /** Its last. */
    LAST,
    /** The first behind it, of a number or a word. */
    BEHIND,
    /** Nothing that a value can have. */
    WRONG
  }

  Place next(char c) {
    if (inString) {
      return inString(c);
    }
    if (ended) {
      return Place.BEHIND;
    }
    switch (c) {
      case '"' -> {
        begun = true;
        inString = true;
      }
      case '{', '[' -> {
        begun = true;
        depth++;
      }
      case '}', ']' -> {
        if (depth == 0) {
          return begun ? Place.BEHIND : Place.WRONG;
        }
        if (--depth == 0) {
          ended = true;
          return Place.LAST;
        }
      }
      case ',' -> {
        if (depth == 0) {
          return begun ? Place.BEHIND : Place.WRONG;
        }
      }
      case ':' -> {
        if (depth == 0) {
          return Place.WRONG;
        }
      }
      default -> {
        return other(c);
      }
    }
    return Place.INSIDE;
  }

  private Place other(char c) {
    if (Character.isWhitespace(c)) {
      return begun && depth == 0 ? Place.BEHIND : Place.INSIDE;
    }
    begun = true;
    boolean legal = c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '+' || c == '.');
    return legal ? Place.INSIDE : Place.WRONG;
  }

  private Place inString(char c) {
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      inString = false;
      if (depth == 0) {
        ended = true;
        return Place.LAST;
      }
    }
    return Place.INSIDE;
  }
}
