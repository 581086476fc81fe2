package llm.core.telemetry;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** One line, or one group of lines, of a metric family. */
sealed interface Series {

  /** Writes its current value; the label values are set in {@code out}. */
  void write(PrometheusText out, String name);

  /** Its current value; of a histogram, how many values it has counted. */
  double value();

  private static void refuseLabels(String... values) {
    if (values.length > 0) {
      throw new IllegalArgumentException(
          "this is a series already; it takes no more labels, got " + values.length);
    }
  }

  /** A sum that scales with the threads that add. */
  final class Count implements Series, Metrics.Counter {
    private final LongAdder sum = new LongAdder();
    private final DoubleAdder fractions = new DoubleAdder();

    @Override
    public Metrics.Counter labels(String... values) {
      refuseLabels(values);
      return this;
    }

    @Override
    public void add(long amount) {
      if (amount < 0) {
        throw new IllegalArgumentException("a counter only grows, got " + amount);
      }
      sum.add(amount);
    }

    @Override
    public void addFraction(double amount) {
      if (!(amount >= 0)) {
        throw new IllegalArgumentException("a counter only grows, got " + amount);
      }
      fractions.add(amount);
    }

    @Override
    public double value() {
      return sum.sum() + fractions.sum();
    }

    @Override
    public void write(PrometheusText out, String name) {
      double parts = fractions.sum();
      if (parts == 0) {
        out.sample(name, sum.sum());
      } else {
        out.sample(name, sum.sum() + parts);
      }
    }
  }

  /** A settable number. */
  final class Value implements Series, Metrics.Gauge {
    private final AtomicLong bits = new AtomicLong(Double.doubleToRawLongBits(0));

    @Override
    public Metrics.Gauge labels(String... values) {
      refuseLabels(values);
      return this;
    }

    @Override
    public void add(double amount) {
      bits.updateAndGet(old -> Double.doubleToRawLongBits(Double.longBitsToDouble(old) + amount));
    }

    @Override
    public void set(double value) {
      bits.set(Double.doubleToRawLongBits(value));
    }

    @Override
    public double value() {
      return Double.longBitsToDouble(bits.get());
    }

    @Override
    public void write(PrometheusText out, String name) {
      out.sample(name, value());
    }
  }

  /** A number asked for at each scrape; the latest supplier answers. */
  final class Asked implements Series {
    private volatile DoubleSupplier source;

    Asked(DoubleSupplier source) {
      this.source = source;
    }

    void replace(DoubleSupplier other) {
      source = other;
    }

    /** A supplier that throws gives NaN, so that one broken gauge does not end the scrape. */
    @Override
    public double value() {
      try {
        return source.getAsDouble();
      } catch (RuntimeException _) {
        return Double.NaN;
      }
    }

    @Override
    public void write(PrometheusText out, String name) {
      out.sample(name, value());
    }
  }

  /** Counts per bucket; made cumulative when written. NaN is not counted: it has no bucket. */
  final class Buckets implements Series, Metrics.Histogram {
    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    Buckets(double[] bounds) {
      this.bounds = bounds;
      this.counts = new LongAdder[bounds.length + 1];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = new LongAdder();
      }
    }

    @Override
    public Metrics.Histogram labels(String... values) {
      refuseLabels(values);
      return this;
    }

    @Override
    public void observe(double value) {
      if (Double.isNaN(value)) {
        return;
      }
      int index = 0;
      while (index < bounds.length && value > bounds[index]) {
        index++;
      }
      counts[index].increment();
      sum.add(value);
    }

    @Override
    public double value() {
      long total = 0;
      for (LongAdder count : counts) {
        total += count.sum();
      }
      return total;
    }

    /** Adds its counts, one for each bucket, to those of other series. */
    void addTo(long[] sums) {
      for (int i = 0; i < counts.length; i++) {
        sums[i] += counts[i].sum();
      }
    }

    @Override
    public void write(PrometheusText out, String name) {
      long total = 0;
      for (int i = 0; i < counts.length; i++) {
        total += counts[i].sum();
        out.bucket(name, i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY, total);
      }
      out.sample(name + "_sum", sum.sum());
      out.sample(name + "_count", total);
    }
  }
}
