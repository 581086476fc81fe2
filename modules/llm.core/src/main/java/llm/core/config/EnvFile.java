package llm.core.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads {@code .env}: {@code NAME=value} a line, {@code export} before it if you like, {@code #}
 * comments on lines of their own or after a blank. A value is bare, in single quotes (as it stands)
 * or in double quotes (with {@code \n \r \t \" \\ \$}). Nothing is expanded; a name may come once.
 * Messages never show a value.
 */
final class EnvFile {
  private static final Pattern LINE =
      Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*(.*)");

  private final String source;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();
  private final List<ConfigProblem> problems = new ArrayList<>();

  private EnvFile(String source) {
    this.source = source;
  }

  /**
   * The variables in file order.
   *
   * @param source what problems call the file
   */
  static Map<String, String> parse(String source, String text) throws ConfigException {
    var file = new EnvFile(source);
    int number = 0;
    for (String line : text.lines().toList()) {
      file.line(++number, line.strip());
    }
    if (!file.problems.isEmpty()) {
      throw new ConfigException(file.problems);
    }
    return file.values;
  }

  private void line(int number, String line) {
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    var matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      problems.add(new ConfigProblem(source, number, "", "must be NAME=value or a # comment"));
      return;
    }
    String name = matcher.group(1);
    Integer first = lines.putIfAbsent(name, number);
    if (first != null) {
      problems.add(
          new ConfigProblem(source, number, name, "is given twice, first in line " + first));
      return;
    }
    try {
      values.put(name, value(matcher.group(2)));
    } catch (IllegalArgumentException refused) {
      problems.add(new ConfigProblem(source, number, name, refused.getMessage()));
    }
  }

  private static String value(String text) {
    if (text.startsWith("\"")) {
      return doubleQuoted(text);
    }
    if (text.startsWith("'")) {
      int end = text.indexOf('\'', 1);
      if (end < 0) {
        throw new IllegalArgumentException("the quote ' is not closed in its line");
      }
      requireEnd(text, end + 1);
      return text.substring(1, end);
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '#' && (i == 0 || Character.isWhitespace(text.charAt(i - 1)))) {
        return text.substring(0, i).strip();
      }
    }
    return text;
  }

  private static String doubleQuoted(String text) {
    var value = new StringBuilder();
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        requireEnd(text, i + 1);
        return value.toString();
      }
      if (c == '\\' && i + 1 < text.length()) {
        value.append(escaped(text.charAt(++i)));
      } else {
        value.append(c);
      }
    }
    throw new IllegalArgumentException("the quote \" is not closed in its line");
  }

  private static String escaped(char c) {
    return switch (c) {
      case 'n' -> "\n";
      case 'r' -> "\r";
      case 't' -> "\t";
      case '"', '\\', '$' -> String.valueOf(c);
      default -> "\\" + c;
    };
  }

  private static void requireEnd(String text, int from) {
    String rest = text.substring(from).strip();
    if (!rest.isEmpty() && !rest.startsWith("#")) {
      throw new IllegalArgumentException("has text after its closing quote");
    }
  }
}
