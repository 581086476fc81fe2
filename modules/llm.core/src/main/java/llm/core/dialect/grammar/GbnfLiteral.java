package llm.core.dialect.grammar;

/** Texts as grammars of llama.cpp write them. */
public final class GbnfLiteral {
  private GbnfLiteral() {}

  /** {@code text}, and nothing else, in quotes. */
  public static String of(String text) {
    var literal = new StringBuilder(text.length() + 8).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> literal.append("\\\"");
        case '\\' -> literal.append("\\\\");
        case '\n' -> literal.append("\\n");
        case '\r' -> literal.append("\\r");
        case '\t' -> literal.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            literal.append("\\x%02x".formatted((int) c));
          } else {
            literal.append(c);
          }
        }
      }
    }
    return literal.append('"').toString();
  }
}
