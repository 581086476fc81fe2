package llm.core.telemetry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** RFC 8259 to the letter, and duplicate names refused too: an independent judge of the log. */
final class StrictJson {
  private final String text;
  private int at;

  private StrictJson(String text) {
    this.text = text;
  }

  @SuppressWarnings("unchecked") // a log line is an object
  static Map<String, Object> object(String line) {
    var json = new StrictJson(line);
    Object value = json.value();
    json.require(json.at == line.length(), "text after the value");
    return (Map<String, Object>) value;
  }

  private Object value() {
    return switch (text.charAt(at)) {
      case '{' -> members();
      case '[' -> elements();
      case '"' -> string();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> members() {
    var members = new LinkedHashMap<String, Object>();
    at++;
    if (text.charAt(at) == '}') {
      at++;
      return members;
    }
    do {
      String name = string();
      expect(':');
      require(!members.containsKey(name), "a second " + name);
      members.put(name, value());
    } while (more('}'));
    return members;
  }

  private List<Object> elements() {
    var elements = new ArrayList<>();
    at++;
    if (text.charAt(at) == ']') {
      at++;
      return elements;
    }
    do {
      elements.add(value());
    } while (more(']'));
    return elements;
  }

  private boolean more(char end) {
    char c = text.charAt(at++);
    require(c == ',' || c == end, "no , or " + end);
    return c == ',';
  }

  private String string() {
    expect('"');
    var out = new StringBuilder();
    for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
      require(c >= 0x20, "a raw control character");
      out.append(c == '\\' ? escape() : c);
    }
    String value = out.toString();
    require(value.codePoints().noneMatch(p -> p >= 0xD800 && p <= 0xDFFF), "a lone surrogate");
    return value;
  }

  private char escape() {
    char c = text.charAt(at++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> (char) Integer.parseInt(text.substring(at, at += 4), 16);
      default -> throw new AssertionError("escape " + c + " at " + at);
    };
  }

  private Object number() {
    var matcher =
        java.util.regex.Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
            .matcher(text)
            .region(at, text.length());
    require(matcher.lookingAt(), "no value");
    at = matcher.end();
    boolean whole = matcher.group(2) == null && matcher.group(3) == null;
    return whole ? (Object) Long.valueOf(matcher.group()) : Double.valueOf(matcher.group());
  }

  private Object word(String word, Object value) {
    require(text.startsWith(word, at), "no value");
    at += word.length();
    return value;
  }

  private void expect(char c) {
    require(text.charAt(at++) == c, "no " + c);
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise + " at " + at + " in " + text);
    }
  }
}
