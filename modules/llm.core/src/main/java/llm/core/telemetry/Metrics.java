package llm.core.telemetry;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;

/**
 * The process's metrics. Families are declared once with their label names; {@code labels(…)} finds
 * or makes the series, bounded per family (an overflow series takes what is beyond and is counted).
 * Keep the returned series where the same labels recur. Thread-safe.
 */
public interface Metrics {

  /** A number that only grows; the name ends in {@code _total}. */
  Counter counter(String name, String help, String... labelNames);

  /** A number that goes up and down. */
  Gauge gauge(String name, String help, String... labelNames);

  /** A number asked for at each scrape; must not block. Replaces one of the same labels. */
  void gauge(String name, String help, DoubleSupplier value);

  /** A distribution over the bucket bounds, ascending, in the metric's unit. */
  Histogram histogram(String name, String help, double[] bounds, String... labelNames);

  /**
   * The sum of a family of counters or gauges as it is now.
   *
   * @param labels only of the series that have these: name, value, name, value, …
   * @return empty when there is no such family, or a value is not known
   */
  OptionalDouble sum(String name, String... labels);

  /** What the histogram {@code name} has counted so far; empty when there is no such one. */
  Optional<Distribution> distribution(String name);

  /** Every family in the Prometheus text format 0.0.4. */
  String prometheusText();

  /** Counter or family of counters. */
  interface Counter {
    /** The series of these label values, as many as names were declared. */
    Counter labels(String... values);

    /** Adds 1. */
    default void increment() {
      add(1);
    }

    /** Adds {@code amount}, 0 or more. */
    void add(long amount);

    /** Adds {@code amount}, 0 or more, which need not be whole. */
    void addFraction(double amount);
  }

  /** Gauge or family of gauges. */
  interface Gauge {
    /** The series of these label values. */
    Gauge labels(String... values);

    /** Adds {@code amount}, which may be negative. */
    void add(double amount);

    /** Sets the value. */
    void set(double value);
  }

  /** Histogram or family of histograms. */
  interface Histogram {
    /** The series of these label values. */
    Histogram labels(String... values);

    /** Counts one value. */
    void observe(double value);
  }
}
