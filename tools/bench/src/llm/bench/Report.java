package llm.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What was measured: a table for people and, when asked for, one JSON object a line. */
final class Report {
  private record Row(
      String metric,
      double value,
      String unit,
      Map<String, String> labels,
      String goal,
      String verdict,
      String note) {}

  private final List<Row> rows = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /** A metric that should be at most {@code goal}. */
  void atMost(String metric, double value, String unit, double goal, String note) {
    goal(metric, value, unit, "<= " + number(goal), value <= goal, note);
  }

  /** A metric that should be at least {@code goal}. */
  void atLeast(String metric, double value, String unit, double goal, String note) {
    goal(metric, value, unit, ">= " + number(goal), value >= goal, note);
  }

  /** A metric without a goal. */
  void plain(String metric, double value, String unit, String note) {
    rows.add(new Row(metric, value, unit, Map.of(), "", "", note));
  }

  /** A metric in another setting than the stated one, which the labels tell. */
  void at(String metric, double value, String unit, Map<String, String> labels, String note) {
    rows.add(new Row(metric + ".at", value, unit, new TreeMap<>(labels), "", "", note));
  }

  /** A line below the table: what was skipped, what did not settle. */
  void remark(String text) {
    remarks.add(text);
    Commands.progress("note: " + text);
  }

  /** Prints the table under {@code facts} and writes the JSON lines. */
  void publish(String facts, Optional<Path> json) {
    System.out.println(facts);
    System.out.println();
    int width = rows.stream().mapToInt(row -> name(row).length()).max().orElse(0);
    print(width, "metric", "reached", "unit", "goal", "", "");
    for (Row row : rows) {
      print(width, name(row), number(row.value), row.unit, row.goal, row.verdict, row.note);
    }
    remarks.forEach(r -> System.out.println("note: " + r));
    json.ifPresent(this::write);
  }

  private void goal(
      String metric, double value, String unit, String goal, boolean reached, String note) {
    rows.add(new Row(metric, value, unit, Map.of(), goal, reached ? "reached" : "MISSED", note));
  }

  private static String name(Row row) {
    return row.metric + (row.labels.isEmpty() ? "" : " " + row.labels);
  }

  private static void print(
      int width,
      String metric,
      String value,
      String unit,
      String goal,
      String verdict,
      String note) {
    System.out.println(
        String.format(
                Locale.ROOT,
                "%-" + width + "s %8s %-6s %-8s %-8s %s",
                metric,
                value,
                unit,
                goal,
                verdict,
                note)
            .stripTrailing());
  }

  private void write(Path file) {
    var text = new StringBuilder();
    for (Row row : rows) {
      if (Double.isFinite(row.value)) {
        text.append(json(row)).append('\n');
      }
    }
    write(file, text.toString());
  }

  /** Writes the file of {@code --json}. */
  static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private static String json(Row row) {
    var labels = new StringBuilder();
    row.labels.forEach((name, value) ->
        labels
            .append(labels.isEmpty() ? "" : ",")
            .append(quoted(name))
            .append(':')
            .append(quoted(value)));
    return "{\"metric\":"
        + quoted(row.metric)
        + ",\"value\":"
        + number(row.value)
        + ",\"unit\":"
        + quoted(row.unit)
        + (row.labels.isEmpty() ? "}" : ",\"labels\":{" + labels + "}}");
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /** Three digits that count, and no exponent. */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    double size = Math.abs(value);
    int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
