package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.List;
import llm.core.template.jinja.Token.Kind;
import llm.core.template.value.TemplateException;

/**
 * Takes a template apart as Jinja does with {@code trim_blocks} and {@code lstrip_blocks}, which is
 * how models' makers test theirs: a line feed behind a statement is not text, nor is space before
 * one that begins its line; {@code -} takes away all space, {@code +} none.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")",
          "[", "]", "{", "}", ",", ".", ":", "|");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  /** All tokens, the last one of kind END. */
  static List<Token> tokens(String template) throws TemplateException {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    source = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    var lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() throws TemplateException {
    while (at < source.length()) {
      int tag = nextTag(at);
      words(tag);
      if (tag < source.length()) {
        tag(source.charAt(tag + 1));
      }
    }
    add(Kind.END, "");
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** The text up to {@code tag}, without the space that the tag takes away. */
  private void words(int tag) {
    int end = tag;
    if (tag < source.length()) {
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      if (sign == '-') {
        end = withoutSpace(at, tag);
      } else if (sign != '+' && source.charAt(tag + 1) != '{') {
        int blank = tag;
        while (blank > at
            && (source.charAt(blank - 1) == ' ' || source.charAt(blank - 1) == '\t')) {
          blank--;
        }
        boolean lineBegins = blank == 0 || source.charAt(blank - 1) == '\n';
        end = lineBegins ? blank : tag;
      }
    }
    if (end > at) {
      tokens.add(new Token(Kind.WORDS, source.substring(at, end), line));
    }
    skipTo(tag);
  }

  private int withoutSpace(int from, int to) {
    int end = to;
    while (end > from && Character.isWhitespace(source.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  private void tag(char kind) throws TemplateException {
    int begin = line;
    skipTo(at + 2);
    boolean signed = at < source.length() && "+-".indexOf(source.charAt(at)) >= 0;
    if (kind == '#') {
      int end = source.indexOf("#}", at);
      if (end < 0) {
        throw TemplateException.at(begin, "the comment has no end");
      }
      skipTo(end + 2);
      afterTag(source.charAt(end - 1), Kind.BLOCK_END);
      return;
    }
    if (signed) {
      at++;
    }
    Kind end = kind == '%' ? Kind.BLOCK_END : Kind.PRINT_END;
    add(kind == '%' ? Kind.BLOCK_BEGIN : Kind.PRINT_BEGIN, "");
    int open = 0; // brackets inside the tag
    while (true) {
      space();
      if (at >= source.length()) {
        throw TemplateException.at(begin, "the tag has no end");
      }
      if (open == 0 && ends(end)) {
        if (isRaw()) {
          raw(begin);
        }
        return;
      }
      open += word();
    }
  }

  /** Whether the tag ends here; then it is passed, with the space that goes with it. */
  private boolean ends(Kind end) {
    String close = end == Kind.BLOCK_END ? "%}" : "}}";
    char sign = source.charAt(at);
    int from = sign == '-' || sign == '+' && end == Kind.BLOCK_END ? at + 1 : at;
    if (!source.startsWith(close, from)) {
      return false;
    }
    add(end, "");
    skipTo(from + 2);
    afterTag(sign, end);
    return true;
  }

  private void afterTag(char sign, Kind end) {
    if (sign == '-') {
      space();
    } else if (sign != '+' && end == Kind.BLOCK_END && at < source.length()) {
      if (source.charAt(at) == '\n') {
        skipTo(at + 1);
      }
    }
  }

  private boolean isRaw() {
    int size = tokens.size();
    return size > 2
        && tokens.get(size - 2).isName("raw")
        && tokens.get(size - 3).kind() == Kind.BLOCK_BEGIN;
  }

  private void raw(int begin) throws TemplateException {
    throw TemplateException.at(begin, "the statement 'raw' is not known here");
  }

  /** One word of a tag; how many brackets it opens, less those that it closes. */
  private int word() throws TemplateException {
    char c = source.charAt(at);
    if (c == '"' || c == '\'') {
      string(c);
      return 0;
    }
    if (Character.isLetter(c) || c == '_') {
      int end = at;
      while (end < source.length()
          && (Character.isLetterOrDigit(source.charAt(end)) || source.charAt(end) == '_')) {
        end++;
      }
      take(Kind.NAME, end);
      return 0;
    }
    if (c >= '0' && c <= '9') {
      number();
      return 0;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        take(Kind.OPERATOR, at + operator.length());
        return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
      }
    }
    throw TemplateException.at(line, "the character '" + c + "' has no meaning here");
  }

  private void number() {
    int end = digits(at);
    Kind kind = Kind.INTEGER;
    if (end + 1 < source.length()
        && source.charAt(end) == '.'
        && Character.isDigit(source.charAt(end + 1))) {
      kind = Kind.DECIMAL;
      end = digits(end + 1);
    }
    int exponent = end + 1 < source.length() && "+-".indexOf(source.charAt(end + 1)) >= 0 ? 2 : 1;
    if (end + exponent < source.length()
        && "eE".indexOf(source.charAt(end)) >= 0
        && Character.isDigit(source.charAt(end + exponent))) {
      kind = Kind.DECIMAL;
      end = digits(end + exponent);
    }
    take(kind, end);
  }

  private int digits(int from) {
    int end = from;
    while (end < source.length() && Character.isDigit(source.charAt(end))) {
      end++;
    }
    return end;
  }

  private void string(char quote) throws TemplateException {
    int begin = line;
    var text = new StringBuilder();
    int i = at + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      char c = source.charAt(i++);
      if (c == '\\' && i < source.length()) {
        i = escape(i, text);
      } else {
        text.append(c);
      }
    }
    if (i >= source.length()) {
      throw TemplateException.at(begin, "the string has no end");
    }
    tokens.add(new Token(Kind.STRING, text.toString(), begin));
    skipTo(i + 1);
  }

  /** The character after a backslash, as Python reads it; where to go on. */
  private int escape(int i, StringBuilder text) throws TemplateException {
    char c = source.charAt(i);
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case '0' -> text.append('\0');
      case '\n' -> {
        // the line goes on
      }
      case '\\', '\'', '"' -> text.append(c);
      case 'x' -> {
        return codePoint(i + 1, 2, text);
      }
      case 'u' -> {
        return codePoint(i + 1, 4, text);
      }
      case 'U' -> {
        return codePoint(i + 1, 8, text);
      }
      default -> text.append('\\').append(c);
    }
    return i + 1;
  }

  private int codePoint(int from, int digits, StringBuilder text) throws TemplateException {
    try {
      String hex = source.substring(from, from + digits);
      text.appendCodePoint(Integer.parseInt(hex, 16));
      return from + digits;
    } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
      throw TemplateException.at(line, "an escape in a string is not complete");
    }
  }

  private void space() {
    int end = at;
    while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
      end++;
    }
    skipTo(end);
  }

  private void take(Kind kind, int end) {
    add(kind, source.substring(at, end));
    skipTo(end);
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }

  private void skipTo(int index) {
    for (; at < index; at++) {
      line += source.charAt(at) == '\n' ? 1 : 0;
    }
  }
}
