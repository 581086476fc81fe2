package llm.core.telemetry;

import java.util.List;

/**
 * Writes the text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Not thread-safe.
 */
final class PrometheusText {
  private final StringBuilder out = new StringBuilder(16_384);
  private String labels = "";

  void head(String name, String help, String type) {
    labels = "";
    out.append("# HELP ").append(name).append(' ');
    escape(help, out, false);
    out.append("\n# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /** The labels of the samples that follow. */
  PrometheusText labels(List<String> names, List<String> values) {
    var text = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      text.append(i == 0 ? "" : ",").append(names.get(i)).append("=\"");
      escape(values.get(i), text, true);
      text.append('"');
    }
    labels = text.toString();
    return this;
  }

  void sample(String name, double value) {
    begin(name, labels).append(number(value)).append('\n');
  }

  void sample(String name, long value) {
    begin(name, labels).append(value).append('\n');
  }

  void bucket(String name, double bound, long count) {
    String le = "le=\"" + number(bound) + '"';
    begin(name + "_bucket", labels.isEmpty() ? le : labels + ',' + le).append(count).append('\n');
  }

  @Override
  public String toString() {
    return out.toString();
  }

  private StringBuilder begin(String name, String labelText) {
    out.append(name);
    if (!labelText.isEmpty()) {
      out.append('{').append(labelText).append('}');
    }
    return out.append(' ');
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static void escape(String text, StringBuilder into, boolean quotes) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> into.append("\\\\");
        case '\n' -> into.append("\\n");
        case '"' -> into.append(quotes ? "\\\"" : "\"");
        default -> into.append(Character.isSurrogate(c) && !inPair(text, i) ? '\uFFFD' : c);
      }
    }
  }

  /** Whether the surrogate at {@code i} has its other half; a lone one has no UTF-8 form. */
  private static boolean inPair(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
