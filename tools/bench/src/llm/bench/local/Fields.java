package llm.bench.local;

import llm.bench.system.BenchFailure;

/**
 * Picks single fields out of one line of JSON by their names, as far as the lines of the server and
 * of the peers need it: a name stands there once, or the first one counts.
 */
public final class Fields {
  private Fields() {}

  /** The number behind {@code "name":}; {@code otherwise} when it is not there. */
  static double number(String json, String name, double otherwise) {
    int from = valueOf(json, name);
    if (from < 0) {
      return otherwise;
    }
    int to = from;
    while (to < json.length() && "+-.eE0123456789".indexOf(json.charAt(to)) >= 0) {
      to++;
    }
    return to == from ? otherwise : Double.parseDouble(json.substring(from, to));
  }

  /** The number behind {@code "name":}. */
  static double number(String json, String name) {
    double value = number(json, name, Double.NaN);
    if (Double.isNaN(value)) {
      throw new BenchFailure("no number \"" + name + "\" in: " + json);
    }
    return value;
  }

  /** The text behind {@code "name":}; empty when there is none. */
  public static String text(String json, String name) {
    int from = valueOf(json, name);
    if (from < 0 || from == json.length() || json.charAt(from) != '"') {
      return "";
    }
    var text = new StringBuilder();
    for (int i = from + 1; i < json.length() && json.charAt(i) != '"'; i++) {
      char c = json.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escaped = json.charAt(++i);
      if (escaped == 'u') {
        text.append((char) Integer.parseInt(json, i + 1, i + 5, 16));
        i += 4;
      } else {
        int known = "bfnrt".indexOf(escaped);
        text.append(known < 0 ? escaped : "\b\f\n\r\t".charAt(known));
      }
    }
    return text.toString();
  }

  /** Makes a text a JSON string. */
  public static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }

  /** The value of a metric without labels in Prometheus' text format. */
  public static double metric(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElseThrow(() -> new BenchFailure("the server has no metric " + name));
  }

  private static int valueOf(String json, String name) {
    String key = "\"" + name + "\":";
    int at = json.indexOf(key);
    if (at < 0) {
      return -1;
    }
    int value = at + key.length();
    while (value < json.length() && json.charAt(value) == ' ') {
      value++;
    }
    return value;
  }
}
