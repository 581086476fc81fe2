package llm.gpu.engine;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import llm.core.telemetry.Distribution;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;

/** Telemetry that tells each step of the engine, on the engine's thread, as it is counted. */
final class StepWatch {
  private StepWatch() {}

  /** Told the tokens of a step; what it throws fails the step as if the engine itself had. */
  @FunctionalInterface
  interface Listener {
    void step(int tokens) throws Exception;
  }

  static Telemetry of(Telemetry inner, Listener listener) {
    var metrics = new WatchedMetrics(inner.metrics(), listener);
    return new Telemetry() {
      @Override
      public Log log(String component) {
        return inner.log(component);
      }

      @Override
      public Metrics metrics() {
        return metrics;
      }
    };
  }

  private record WatchedMetrics(Metrics inner, Listener listener) implements Metrics {
    @Override
    public Counter counter(String name, String help, String... labelNames) {
      return inner.counter(name, help, labelNames);
    }

    @Override
    public Gauge gauge(String name, String help, String... labelNames) {
      return inner.gauge(name, help, labelNames);
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value) {
      inner.gauge(name, help, value);
    }

    @Override
    public Histogram histogram(String name, String help, double[] bounds, String... labelNames) {
      Histogram histogram = inner.histogram(name, help, bounds, labelNames);
      return name.equals("llm_local_step_tokens") ? new Watched(histogram, listener) : histogram;
    }

    @Override
    public OptionalDouble sum(String name, String... labels) {
      return inner.sum(name, labels);
    }

    @Override
    public Optional<Distribution> distribution(String name) {
      return inner.distribution(name);
    }

    @Override
    public String prometheusText() {
      return inner.prometheusText();
    }
  }

  private record Watched(Metrics.Histogram inner, Listener listener) implements Metrics.Histogram {
    @Override
    public Metrics.Histogram labels(String... values) {
      return inner.labels(values);
    }

    @Override
    public void observe(double value) {
      inner.observe(value);
      try {
        listener.step((int) value);
      } catch (Exception thrown) {
        throw StepWatch.<RuntimeException>unchecked(thrown);
      }
    }
  }

  /** Lets a checked exception pass as what it is: the engine tells failures by their class. */
  @SuppressWarnings("unchecked")
  private static <X extends Exception> X unchecked(Exception thrown) throws X {
    throw (X) thrown;
  }
}
