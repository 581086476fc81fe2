package llm.domain.text;

import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** Strict RFC 8259 reader of one value; says whether a text is JSON and nothing else. */
public final class JsonSyntax {
  private static final Pattern LITERAL =
      Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
  private static final Pattern STRING =
      Pattern.compile("\"([^\"\\\\\\x00-\\x1f]|\\\\([\"\\\\/bfnrt]|u[0-9a-fA-F]{4}))*+\"");

  private final String text;
  private int at;

  private JsonSyntax(String text) {
    this.text = text;
  }

  /** The position of the first character that no JSON could have; -1 when all is JSON. */
  public static int firstError(String text) {
    var reader = new JsonSyntax(text);
    return reader.value() && reader.at == text.length() ? -1 : reader.at;
  }

  private boolean value() {
    skipBlanks();
    if (at == text.length()) {
      return false;
    }
    return switch (text.charAt(at)) {
      case '{' -> list('}', () -> string() && one(':') && value());
      case '[' -> list(']', this::value);
      case '"' -> string();
      default -> match(LITERAL);
    };
  }

  private boolean list(char end, BooleanSupplier item) {
    at++;
    if (one(end)) {
      return true;
    }
    do {
      if (!item.getAsBoolean()) {
        return false;
      }
    } while (one(','));
    return one(end);
  }

  private boolean string() {
    skipBlanks();
    return match(STRING);
  }

  private boolean one(char c) {
    skipBlanks();
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void skipBlanks() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean match(Pattern pattern) {
    var matcher = pattern.matcher(text).region(at, text.length());
    boolean matches = matcher.lookingAt();
    at = matches ? matcher.end() : at;
    return matches;
  }
}
