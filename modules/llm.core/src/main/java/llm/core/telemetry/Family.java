package llm.core.telemetry;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The series of one metric name. Holds at most {@code maxSeries}; label values that come after get
 * the one overflow series, whose values all are {@link #OVERFLOW}.
 */
final class Family<S extends Series> {
  static final String OVERFLOW = "_other_";

  private static final int MAX_LABEL_CHARS = 256;
  private static final Comparator<List<String>> LABEL_ORDER =
      (left, right) -> {
        for (int i = 0; i < left.size(); i++) {
          int order = left.get(i).compareTo(right.get(i));
          if (order != 0) {
            return order;
          }
        }
        return 0;
      };

  private final String name;
  private final String help;
  private final Shape shape;
  private final int maxSeries;
  private final Supplier<S> create;
  private final Runnable onOverflow;
  private final Map<List<String>, S> series = new ConcurrentHashMap<>();

  /** What must be the same when a name is declared again. */
  record Shape(String type, Class<?> kind, List<String> labelNames, List<Double> bounds) {
    /** By hand: compared at every start, where making the record's own costs 20 ms. */
    boolean sameAs(Shape other) {
      return type.equals(other.type)
          && kind == other.kind
          && labelNames.equals(other.labelNames)
          && bounds.equals(other.bounds);
    }

    @Override
    public String toString() {
      return type + labelNames + (bounds.isEmpty() ? "" : " with bounds " + bounds);
    }
  }

  Family(
      String name,
      String help,
      Shape shape,
      int maxSeries,
      Supplier<S> create,
      Runnable onOverflow) {
    this.name = name;
    this.help = help;
    this.shape = shape;
    this.maxSeries = maxSeries;
    this.create = create;
    this.onOverflow = onOverflow;
  }

  String name() {
    return name;
  }

  Shape shape() {
    return shape;
  }

  /** Finds or makes the series of these label values. */
  S series(String... values) {
    if (values.length != shape.labelNames.size()) {
      throw new IllegalArgumentException(
          "metric "
              + name
              + " has the labels "
              + shape.labelNames
              + ", got "
              + values.length
              + " values");
    }
    List<String> key = bounded(values);
    S found = series.get(key);
    return found != null ? found : make(key);
  }

  IllegalStateException needsLabels() {
    return new IllegalStateException(
        "metric " + name + " needs labels(…) for " + shape.labelNames + " first");
  }

  /** The values of the series that have these labels (name, value, …) together. */
  double sum(String... labels) {
    return series.entrySet().stream()
        .filter(entry -> has(entry.getKey(), labels))
        .mapToDouble(entry -> entry.getValue().value())
        .sum();
  }

  /** All series together; empty when this is no histogram. */
  Optional<Distribution> distribution() {
    if (shape.kind != Series.Buckets.class) {
      return Optional.empty();
    }
    double[] bounds = shape.bounds.stream().mapToDouble(Double::doubleValue).toArray();
    long[] counts = new long[bounds.length + 1];
    for (S one : series.values()) {
      if (one instanceof Series.Buckets buckets) {
        buckets.addTo(counts);
      }
    }
    return Optional.of(new Distribution(bounds, counts));
  }

  private boolean has(List<String> values, String... labels) {
    for (int i = 0; i < labels.length; i += 2) {
      int at = shape.labelNames.indexOf(labels[i]);
      if (at < 0 || !values.get(at).equals(labels[i + 1])) {
        return false;
      }
    }
    return true;
  }

  void write(PrometheusText out) {
    out.head(name, help, shape.type);
    series.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(LABEL_ORDER))
        .forEach(
            entry -> entry.getValue().write(out.labels(shape.labelNames, entry.getKey()), name));
  }

  private synchronized S make(List<String> key) {
    if (series.size() < maxSeries || series.containsKey(key)) {
      return series.computeIfAbsent(key, _ -> create.get());
    }
    onOverflow.run();
    List<String> others = shape.labelNames.stream().map(_ -> OVERFLOW).toList();
    return series.computeIfAbsent(others, _ -> create.get());
  }

  private static List<String> bounded(String... values) {
    String[] cut = values.clone();
    for (int i = 0; i < cut.length; i++) {
      cut[i] = cut[i].length() > MAX_LABEL_CHARS ? cut[i].substring(0, MAX_LABEL_CHARS) : cut[i];
    }
    return List.of(cut);
  }
}
