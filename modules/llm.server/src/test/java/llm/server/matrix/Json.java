package llm.server.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as maps, lists, strings, longs, doubles, booleans and null. Not the product's own reader, so
 * that both have to be right.
 */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** The value that {@code text} is. */
  static Object parse(String text) {
    var json = new Json(text);
    Object value = json.value();
    json.blanks();
    if (json.at < text.length()) {
      throw json.wrong("more than one value");
    }
    return value;
  }

  /** An object of these names and values by turns; a null value is left out. */
  static Map<String, Object> object(Object... namesAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] != null) {
        map.put((String) namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return map;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Object value) {
    return value == null ? Map.of() : (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(Object value) {
    return value == null ? List.of() : (List<Object>) value;
  }

  /** The value at names with dots between and numbers for places; null where there is none. */
  static Object at(Object value, String path) {
    Object here = value;
    for (String step : path.split("\\.")) {
      if (here instanceof List<?> many) {
        int index = Integer.parseInt(step);
        here = index < many.size() ? many.get(index) : null;
      } else {
        here = here == null ? null : map(here).get(step);
      }
    }
    return here;
  }

  /** The text at {@code path}; empty where there is none, or null. */
  static String text(Object value, String path) {
    Object found = at(value, path);
    return found == null ? "" : (String) found;
  }

  /** The whole number at {@code path}; 0 where there is none. */
  static long number(Object value, String path) {
    Object found = at(value, path);
    return found == null ? 0 : (Long) found;
  }

  static String print(Object value) {
    var out = new StringBuilder();
    print(value, out);
    return out.toString();
  }

  private static void print(Object value, StringBuilder out) {
    switch (value) {
      case null -> out.append("null");
      case String string -> quote(string, out);
      case Map<?, ?> map -> {
        out.append('{');
        map.forEach((name, inner) -> {
          out.append(out.charAt(out.length() - 1) == '{' ? "" : ",");
          quote((String) name, out);
          print(inner, out.append(':'));
        });
        out.append('}');
      }
      case List<?> list -> {
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
          print(list.get(i), out.append(i == 0 ? "" : ","));
        }
        out.append(']');
      }
      default -> out.append(value);
    }
  }

  private static void quote(String string, StringBuilder out) {
    out.append('"');
    for (char c : string.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private Object value() {
    blanks();
    return switch (peek()) {
      case '{' -> members();
      case '[' -> elements();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> members() {
    var map = new LinkedHashMap<String, Object>();
    at++;
    blanks();
    while (peek() != '}') {
      blanks();
      String name = string();
      blanks();
      take(':');
      if (map.containsKey(name)) {
        throw wrong("'" + name + "' twice");
      }
      map.put(name, value());
      blanks();
      if (peek() != '}') {
        take(',');
        blanks();
      }
    }
    at++;
    return map;
  }

  private List<Object> elements() {
    var list = new ArrayList<Object>();
    at++;
    blanks();
    while (peek() != ']') {
      list.add(value());
      blanks();
      if (peek() != ']') {
        take(',');
      }
    }
    at++;
    return list;
  }

  private String string() {
    take('"');
    var out = new StringBuilder();
    for (char c = next(); c != '"'; c = next()) {
      if (c < ' ') {
        throw wrong("a control character");
      }
      out.append(c == '\\' ? escaped() : c);
    }
    return out.toString();
  }

  private char escaped() {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        at += 4;
        yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
      }
      default -> throw wrong("an escape '" + c + "'");
    };
  }

  private Object word(String word, Object meaning) {
    if (!text.startsWith(word, at)) {
      throw wrong("no value");
    }
    at += word.length();
    return meaning;
  }

  private Object number() {
    int from = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(from, at);
    if (digits.matches("-?\\d+")) {
      return Long.valueOf(digits);
    }
    return Double.valueOf(digits);
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at == text.length()) {
      throw wrong("the end");
    }
    return text.charAt(at);
  }

  private char next() {
    char c = peek();
    at++;
    return c;
  }

  private void take(char wanted) {
    if (next() != wanted) {
      throw wrong("no '" + wanted + "'");
    }
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(what + " at " + at + " of " + text);
  }
}
