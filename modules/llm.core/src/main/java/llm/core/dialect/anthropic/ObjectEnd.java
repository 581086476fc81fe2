package llm.core.dialect.anthropic;

/**
 * Sees where a JSON object that comes in fragments ends. It looks at brackets and strings alone;
 * whether all between them is JSON is for who reads it. Not thread-safe; one object each.
 */
final class ObjectEnd {
  private int depth;
  private boolean begun;
  private boolean ended;
  private boolean wrong;
  private boolean inString;
  private boolean escaped;

  /** Takes the next fragment. */
  void add(String fragment) {
    for (int i = 0; i < fragment.length(); i++) {
      add(fragment.charAt(i));
    }
  }

  /** Whether nothing came but blanks. */
  boolean isBlank() {
    return !begun && !wrong;
  }

  /** Whether the object is there, and nothing after it. */
  boolean isComplete() {
    return ended && !wrong;
  }

  private void add(char c) {
    if (inString) {
      inString = escaped || c != '"';
      escaped = !escaped && c == '\\';
      return;
    }
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      return;
    }
    wrong |= ended || !begun && c != '{';
    begun = true;
    switch (c) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> ended |= --depth == 0;
      default -> {
        // within the object
      }
    }
  }
}
