package llm.core.telemetry;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the text format 0.0.4 strictly: HELP and TYPE before the samples of a family, families in
 * one piece, no sample twice, legal names and escapes.
 */
final class PrometheusParser {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(.*)})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\n\"])*)\"(,(?!$)|$)");

  private final Map<String, Double> samples = new LinkedHashMap<>();
  private final Map<String, String> types = new LinkedHashMap<>();
  private final Set<String> helped = new HashSet<>();
  private String family = "";

  private PrometheusParser() {}

  /** Samples by their name and labels as written. */
  static Map<String, Double> samples(String text) {
    return parse(text).samples;
  }

  static Map<String, String> types(String text) {
    return parse(text).types;
  }

  private static PrometheusParser parse(String text) {
    require(text.isEmpty() || text.endsWith("\n"), "the last line must end");
    var parser = new PrometheusParser();
    text.lines().forEach(parser::line);
    return parser;
  }

  private void line(String line) {
    String[] words = line.split(" ", 4);
    if (line.startsWith("# HELP ")) {
      require(helped.add(words[2]), "second HELP of " + words[2]);
      family = words[2];
    } else if (line.startsWith("# TYPE ")) {
      require(words[2].equals(family) && helped.contains(family), "TYPE without HELP: " + line);
      require(types.put(family, words[3]) == null, "second TYPE of " + family);
      require(Set.of("counter", "gauge", "histogram").contains(words[3]), line);
    } else {
      sample(line);
    }
  }

  private void sample(String line) {
    var matcher = SAMPLE.matcher(line);
    require(matcher.matches(), "no sample: " + line);
    String name = matcher.group(1);
    String type = types.get(family);
    String base = "histogram".equals(type) ? name.replaceAll("_(bucket|sum|count)$", "") : name;
    require(base.equals(family), name + " stands in family " + family);
    if (matcher.group(3) != null) {
      labels(matcher.group(3));
    }
    String value = matcher.group(4).replace("+Inf", "Infinity").replace("-Inf", "-Infinity");
    String key = name + (matcher.group(2) == null ? "" : matcher.group(2));
    require(samples.put(key, Double.valueOf(value)) == null, "a second " + key);
  }

  private static void labels(String text) {
    var names = new HashSet<String>();
    var matcher = LABEL.matcher(text);
    int at = 0;
    while (at < text.length()) {
      require(matcher.region(at, text.length()).lookingAt(), "labels " + text);
      require(names.add(matcher.group(1)), "label twice in " + text);
      at = matcher.end();
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
