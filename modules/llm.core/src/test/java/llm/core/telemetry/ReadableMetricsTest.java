package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What the process reads of its own metrics. */
class ReadableMetricsTest {
  private final MetricsRegistry metrics = new MetricsRegistry();

  @Test
  void addsUpTheSeriesOfAFamily() {
    var tokens = metrics.counter("tokens_total", "x", "model", "kind");
    tokens.labels("a", "prompt").add(1);
    tokens.labels("a", "completion").add(10);
    tokens.labels("b", "completion").add(100);
    assertThat(metrics.sum("tokens_total")).hasValue(111);
    assertThat(metrics.sum("tokens_total", "kind", "completion")).hasValue(110);
    assertThat(metrics.sum("tokens_total", "kind", "completion", "model", "b")).hasValue(100);
    assertThat(metrics.sum("tokens_total", "kind", "none")).hasValue(0);
    assertThat(metrics.sum("tokens_total", "colour", "red")).hasValue(0);
  }

  @Test
  void readsGaugesThatAreSetAndThatAreAskedFor() {
    metrics.gauge("set", "x").set(2.5);
    metrics.gauge("asked", "x", () -> 7);
    metrics.gauge("unknown", "x", () -> Double.NaN);
    metrics.gauge(
        "broken",
        "x",
        () -> {
          throw new IllegalStateException("a bug");
        });
    assertThat(metrics.sum("set")).hasValue(2.5);
    assertThat(metrics.sum("asked")).hasValue(7);
    assertThat(metrics.sum("unknown")).isEmpty();
    assertThat(metrics.sum("broken")).isEmpty();
    assertThat(metrics.sum("never_declared")).isEmpty();
  }

  @Test
  void readsAHistogramsQuantiles() {
    var waits = metrics.histogram("wait", "x", new double[] {1, 2, 4}, "model");
    assertThat(metrics.distribution("wait").orElseThrow().quantile(0.5)).isEmpty();
    for (int i = 0; i < 10; i++) {
      waits.labels("a").observe(0.5);
      waits.labels("b").observe(3);
    }
    var all = metrics.distribution("wait").orElseThrow();
    assertThat(all.count()).isEqualTo(20);
    assertThat(metrics.sum("wait")).hasValue(20);
    assertThat(all.quantile(0.5).orElseThrow()).isCloseTo(1, within(1e-9));
    assertThat(all.quantile(0.75).orElseThrow()).isCloseTo(3, within(1e-9));
    assertThat(all.quantile(1).orElseThrow()).isCloseTo(4, within(1e-9));
    waits.labels("a").observe(100);
    var later = metrics.distribution("wait").orElseThrow().since(all);
    assertThat(later.count()).isEqualTo(1);
    assertThat(later.quantile(0.5)).hasValue(4); // all that is known: above the last bound
  }

  @Test
  void whatIsNoHistogramHasNoDistribution() {
    metrics.gauge("set", "x").set(1);
    assertThat(metrics.distribution("set")).isEmpty();
    assertThat(metrics.distribution("never_declared")).isEmpty();
  }
}
