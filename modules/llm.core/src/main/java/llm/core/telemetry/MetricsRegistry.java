package llm.core.telemetry;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The {@link Metrics} of a process. A family holds at most {@link #MAX_SERIES} series; what comes
 * after lands in one whose label values are {@code _other_}, and each such lookup is counted in
 * {@code metrics_series_overflow_total{family}}.
 *
 * <p>Declaring a name again with the same type, labels and bounds gives the same family; any other
 * declaration of it is an {@link IllegalArgumentException}. Label values are cut at 256 characters.
 */
public final class MetricsRegistry implements Metrics {
  /** Series per family, unless the constructor says otherwise. */
  public static final int MAX_SERIES = 1_000;

  private static final String OVERFLOWS = "metrics_series_overflow_total";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern LABEL = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");

  private final ConcurrentSkipListMap<String, Family<?>> families = new ConcurrentSkipListMap<>();
  private final int maxSeries;
  private final Counter overflows;

  /** An empty registry with families of at most {@link #MAX_SERIES} series. */
  public MetricsRegistry() {
    this(MAX_SERIES);
  }

  /** An empty registry with families of at most {@code maxSeries} series. */
  public MetricsRegistry(int maxSeries) {
    this.maxSeries = maxSeries;
    this.overflows =
        counter(
            OVERFLOWS, "Lookups of a series that found the family full and got _other_.", "family");
  }

  @Override
  public Counter counter(String name, String help, String... labelNames) {
    if (!name.endsWith("_total")) {
      throw new IllegalArgumentException("counter " + name + " must end in _total");
    }
    var family =
        declare(
            name, help, "counter", Series.Count.class, List.of(), Series.Count::new, labelNames);
    return labelNames.length == 0 ? family.series() : new CounterFamily(family);
  }

  @Override
  public Gauge gauge(String name, String help, String... labelNames) {
    var family =
        declare(name, help, "gauge", Series.Value.class, List.of(), Series.Value::new, labelNames);
    return labelNames.length == 0 ? family.series() : new GaugeFamily(family);
  }

  @Override
  public void gauge(String name, String help, DoubleSupplier value) {
    declare(name, help, "gauge", Series.Asked.class, List.of(), () -> new Series.Asked(value))
        .series()
        .replace(value);
  }

  /** A counter whose sum someone else keeps, as the processor time. */
  void counter(String name, String help, DoubleSupplier sum) {
    declare(name, help, "counter", Series.Asked.class, List.of(), () -> new Series.Asked(sum))
        .series()
        .replace(sum);
  }

  @Override
  public Histogram histogram(String name, String help, double[] bounds, String... labelNames) {
    double[] own = bounds.clone();
    checkBounds(name, own);
    var boundList = Arrays.stream(own).boxed().toList();
    var family =
        declare(
            name,
            help,
            "histogram",
            Series.Buckets.class,
            boundList,
            () -> new Series.Buckets(own),
            labelNames);
    return labelNames.length == 0 ? family.series() : new HistogramFamily(family);
  }

  @Override
  public OptionalDouble sum(String name, String... labels) {
    Family<?> family = families.get(name);
    if (family == null) {
      return OptionalDouble.empty();
    }
    double sum = family.sum(labels);
    return Double.isNaN(sum) ? OptionalDouble.empty() : OptionalDouble.of(sum);
  }

  @Override
  public Optional<Distribution> distribution(String name) {
    return Optional.ofNullable(families.get(name)).flatMap(Family::distribution);
  }

  @Override
  public String prometheusText() {
    var out = new PrometheusText();
    families.values().forEach(family -> family.write(out));
    return out.toString();
  }

  private <S extends Series> Family<S> declare(
      String name,
      String help,
      String type,
      Class<S> kind,
      List<Double> bounds,
      Supplier<S> create,
      String... labelNames) {
    checkNames(name, labelNames);
    var shape = new Family.Shape(type, kind, List.of(labelNames), bounds);
    Family<?> found =
        families.computeIfAbsent(
            name,
            _ -> new Family<>(name, help, shape, maxSeries, create, () -> countOverflow(name)));
    @SuppressWarnings("unchecked") // the shape, compared below, has the class of the series
    var family = (Family<S>) found;
    if (!family.shape().sameAs(shape)) {
      throw new IllegalArgumentException(
          "metric " + name + " was declared as " + family.shape() + ", now as " + shape);
    }
    return family;
  }

  /** Not for the overflow family's own overflow, which would come back here for ever. */
  private void countOverflow(String name) {
    if (!name.equals(OVERFLOWS)) {
      overflows.labels(name).increment();
    }
  }

  private static void checkNames(String name, String... labelNames) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("metric name '" + name + "' must match " + NAME);
    }
    for (String label : labelNames) {
      if (!LABEL.matcher(label).matches() || label.equals("le")) {
        throw new IllegalArgumentException(
            "label '" + label + "' of metric " + name + " must match " + LABEL + " and not be le");
      }
    }
    if (List.of(labelNames).stream().distinct().count() < labelNames.length) {
      throw new IllegalArgumentException("metric " + name + " names a label twice");
    }
  }

  private static void checkBounds(String name, double... bounds) {
    boolean legal = bounds.length > 0;
    for (int i = 0; i < bounds.length; i++) {
      legal &= Double.isFinite(bounds[i]) && (i == 0 || bounds[i] > bounds[i - 1]);
    }
    if (!legal) {
      throw new IllegalArgumentException(
          "bounds of histogram " + name + " must be finite and ascending, one at least");
    }
  }

  private record CounterFamily(Family<Series.Count> family) implements Counter {
    @Override
    public Counter labels(String... values) {
      return family.series(values);
    }

    @Override
    public void add(long amount) {
      throw family.needsLabels();
    }

    @Override
    public void addFraction(double amount) {
      throw family.needsLabels();
    }
  }

  private record GaugeFamily(Family<Series.Value> family) implements Gauge {
    @Override
    public Gauge labels(String... values) {
      return family.series(values);
    }

    @Override
    public void add(double amount) {
      throw family.needsLabels();
    }

    @Override
    public void set(double value) {
      throw family.needsLabels();
    }
  }

  private record HistogramFamily(Family<Series.Buckets> family) implements Histogram {
    @Override
    public Histogram labels(String... values) {
      return family.series(values);
    }

    @Override
    public void observe(double value) {
      throw family.needsLabels();
    }
  }
}
