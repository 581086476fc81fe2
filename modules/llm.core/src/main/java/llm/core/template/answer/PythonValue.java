package llm.core.template.answer;

import java.util.Map;
import java.util.regex.Pattern;
import llm.core.template.answer.ValueScan.Place;

/**
 * Turns a literal of Python, whose characters come one by one, into JSON: text in either quote,
 * numbers, truth and nothing, lists, tuples, dictionaries. One value.
 */
final class PythonValue {
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");
  private static final Map<String, String> WORDS =
      Map.of(
          "True", "true", "False", "false", "None", "null", "true", "true", "false", "false",
          "null", "null");
  private static final Map<Character, Character> ESCAPES =
      Map.of(
          'n', '\n', 't', '\t', 'r', '\r', 'b', '\b', 'f', '\f', 'a', '\u0007', 'v', '\u000b', '0',
          '\0');
  private static final int MAX_WORD = 400; // of a number
  private static final int MAX_DEPTH = 64;

  private final StringBuilder json;
  private final StringBuilder open = new StringBuilder(); // brackets, the innermost last
  private final StringBuilder word = new StringBuilder();
  private final StringBuilder code = new StringBuilder(); // of a character, in digits
  private Expected expected = Expected.VALUE;
  private char quote; // of the text that is read; 0: none is
  private int digits; // of a code that are still to come
  private boolean escaped;
  private boolean comma; // that is written before what comes

  private enum Expected {
    VALUE,
    VALUE_OR_END,
    KEY_OR_END,
    COLON,
    COMMA_OR_END
  }

  /** A value whose JSON goes to {@code json}. */
  PythonValue(StringBuilder json) {
    this.json = json;
  }

  Place next(char c) {
    if (quote != 0) {
      return inText(c);
    }
    if (!word.isEmpty()) {
      if (isOfWord(c) && word.length() < MAX_WORD) {
        word.append(c);
        return Place.INSIDE;
      }
      if (!endWord()) {
        return Place.WRONG;
      }
      return open.isEmpty() ? Place.BEHIND : between(c);
    }
    return between(c);
  }

  private Place between(char c) {
    if (Character.isWhitespace(c)) {
      return Place.INSIDE;
    }
    return switch (expected) {
      case COLON -> {
        expected = Expected.VALUE;
        json.append(':');
        yield c == ':' ? Place.INSIDE : Place.WRONG;
      }
      case COMMA_OR_END -> {
        if (c != ',') {
          yield close(c);
        }
        comma = true;
        expected = isDictionary() ? Expected.KEY_OR_END : Expected.VALUE_OR_END;
        yield Place.INSIDE;
      }
      case VALUE, VALUE_OR_END, KEY_OR_END -> begin(c);
    };
  }

  private Place begin(char c) {
    boolean isKey = expected == Expected.KEY_OR_END;
    if ("])}".indexOf(c) >= 0) {
      return expected == Expected.VALUE ? Place.WRONG : close(c);
    }
    boolean bracket = "[({".indexOf(c) >= 0;
    boolean text = c == '"' || c == '\'';
    if (bracket && (isKey || open.length() >= MAX_DEPTH) || !bracket && !text && !isOfWord(c)) {
      return Place.WRONG;
    }
    if (comma) {
      json.append(',');
      comma = false;
    }
    if (bracket) {
      json.append(c == '{' ? '{' : '[');
      open.append(c);
      expected = c == '{' ? Expected.KEY_OR_END : Expected.VALUE_OR_END;
    } else if (text) {
      json.append('"');
      quote = c;
    } else {
      word.append(c);
    }
    return Place.INSIDE;
  }

  private Place close(char c) {
    boolean pairs = !open.isEmpty() && "[]{}()".contains("" + open.charAt(open.length() - 1) + c);
    if (!pairs) {
      return Place.WRONG;
    }
    open.setLength(open.length() - 1);
    json.append(c == '}' ? '}' : ']');
    comma = false;
    expected = Expected.COMMA_OR_END;
    return open.isEmpty() ? Place.LAST : Place.INSIDE;
  }

  private boolean isDictionary() {
    return !open.isEmpty() && open.charAt(open.length() - 1) == '{';
  }

  /** Behind a text or a word. */
  private void ended() {
    expected = expected == Expected.KEY_OR_END ? Expected.COLON : Expected.COMMA_OR_END;
  }

  private boolean endWord() {
    String text = word.toString();
    word.setLength(0);
    String value = WORDS.getOrDefault(text, NUMBER.matcher(text).matches() ? text : "");
    boolean isKey = expected == Expected.KEY_OR_END;
    if (value.isEmpty()) {
      json.append(text); // no value: the arguments stay broken, with the model's own words
      return false;
    }
    json.append(isKey ? ParameterTypes.quoted(value) : value);
    ended();
    return true;
  }

  private Place inText(char c) {
    if (digits > 0) {
      return inCode(c);
    }
    if (escaped) {
      escaped = false;
      digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
      Character meant = ESCAPES.get(c);
      if (meant != null) {
        json.append(ParameterTypes.escaped(meant.toString()));
      } else if (digits == 0 && c != '\n') {
        boolean itself = "\\/'\"".indexOf(c) >= 0;
        json.append(ParameterTypes.escaped(itself ? String.valueOf(c) : "\\" + c));
      }
      return Place.INSIDE;
    }
    if (c == '\\') {
      escaped = true;
    } else if (c == quote) {
      json.append('"');
      quote = 0;
      ended();
      return open.isEmpty() ? Place.LAST : Place.INSIDE;
    } else {
      json.append(ParameterTypes.escaped(String.valueOf(c)));
    }
    return Place.INSIDE;
  }

  /** A code stays one in JSON, so that halves of a pair may come apart. */
  private Place inCode(char c) {
    if (Character.digit(c, 16) < 0 || c >= 0x80) {
      return Place.WRONG;
    }
    code.append(c);
    if (--digits == 0) {
      int point = (int) Long.parseLong(code.toString(), 16);
      code.setLength(0);
      if (!Character.isValidCodePoint(point)) {
        return Place.WRONG;
      }
      for (char unit : Character.toChars(point)) {
        json.append(String.format("\\u%04x", (int) unit));
      }
    }
    return Place.INSIDE;
  }

  private static boolean isOfWord(char c) {
    return c < 0x80 && Character.isLetterOrDigit(c) || c == '-' || c == '+' || c == '.';
  }
}
