package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** O-2: the registry behind GET /metrics. */
class MetricsRegistryTest {
  private final MetricsRegistry metrics = new MetricsRegistry();

  @Test
  void writesFamiliesSortedWithHelpAndType() {
    metrics.gauge("b_now", "What is\nnow \\ here.").set(-2.5);
    metrics.counter("a_total", "How many \"so far\".", "model", "status").labels("m", "ok").add(3);
    assertThat(metrics.prometheusText())
        .startsWith(
            """
            # HELP a_total How many "so far".
            # TYPE a_total counter
            a_total{model="m",status="ok"} 3
            # HELP b_now What is\\nnow \\\\ here.
            # TYPE b_now gauge
            b_now -2.5
            """);
  }

  @Test
  void labelValuesAreEscaped() {
    var family = metrics.counter("a_total", "h", "l");
    family.labels("q\"b\\n\n").increment();
    family.labels("lone \uD83D").increment();
    family.labels("ü😀").increment();
    assertThat(samples())
        .contains(
            entry("a_total{l=\"q\\\"b\\\\n\\n\"}", 1.0),
            entry("a_total{l=\"lone \uFFFD\"}", 1.0),
            entry("a_total{l=\"ü😀\"}", 1.0));
  }

  @Test
  void histogramBucketsAreCumulativeAndAgreeWithTheCount() {
    var seconds = metrics.histogram("t_seconds", "h", new double[] {0.1, 0.5, 1}, "model");
    for (double value : new double[] {0.05, 0.1, 0.2, 0.75, 40, Double.NaN}) {
      seconds.labels("m").observe(value);
    }
    assertThat(samples())
        .contains(
            entry("t_seconds_bucket{model=\"m\",le=\"0.1\"}", 2.0),
            entry("t_seconds_bucket{model=\"m\",le=\"0.5\"}", 3.0),
            entry("t_seconds_bucket{model=\"m\",le=\"1\"}", 4.0),
            entry("t_seconds_bucket{model=\"m\",le=\"+Inf\"}", 5.0),
            entry("t_seconds_count{model=\"m\"}", 5.0),
            entry("t_seconds_sum{model=\"m\"}", 41.1));
  }

  @Test
  void declaringAgainGivesTheSameSeries() {
    metrics.counter("a_total", "h", "l").labels("x").increment();
    metrics.counter("a_total", "other words", "l").labels("x").increment();
    metrics.histogram("h_seconds", "h", new double[] {1}).observe(1);
    metrics.histogram("h_seconds", "h", new double[] {1}).observe(1);
    assertThat(samples()).contains(entry("a_total{l=\"x\"}", 2.0), entry("h_seconds_count", 2.0));
  }

  @Test
  void declaringOtherwiseIsRefused() {
    metrics.counter("a_total", "h", "l");
    metrics.gauge("g", "h");
    metrics.histogram("h_seconds", "h", new double[] {1, 2});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.counter("a_total", "h", "m"))
        .withMessage("metric a_total was declared as counter[l], now as counter[m]");
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.counter("a_total", "h"));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge("a_total", "h", "l"));
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge("g", "h", () -> 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.histogram("h_seconds", "h", new double[] {1, 3}))
        .withMessage(
            "metric h_seconds was declared as histogram[] with bounds [1.0, 2.0],"
                + " now as histogram[] with bounds [1.0, 3.0]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1a", "a-b", "ä", "a b", "a.b", "a\n"})
  void badMetricNamesAreRefused(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge(name, "h"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1a", "a-b", "__a", "le", "a:b"})
  void badLabelNamesAreRefused(String label) {
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge("g", "h", label));
  }

  @Test
  void otherMisuseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> metrics.counter("requests", "h"))
        .withMessage("counter requests must end in _total");
    assertThatIllegalArgumentException().isThrownBy(() -> metrics.gauge("g", "h", "a", "a"));
    var family = metrics.counter("a_total", "h", "l");
    assertThatIllegalStateException()
        .isThrownBy(family::increment)
        .withMessage("metric a_total needs labels(…) for [l] first");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> family.labels("x", "y"))
        .withMessage("metric a_total has the labels [l], got 2 values");
    assertThatIllegalArgumentException().isThrownBy(() -> family.labels("x").labels("y"));
    assertThatIllegalArgumentException().isThrownBy(() -> family.labels("x").add(-1));
    assertThat(family.labels("x").labels()).isSameAs(family.labels("x"));
    var gauges = metrics.gauge("g", "h", "l");
    assertThatIllegalStateException().isThrownBy(() -> gauges.set(1));
    assertThatIllegalStateException().isThrownBy(() -> gauges.add(1));
    var histograms = metrics.histogram("h_seconds", "h", new double[] {1}, "l");
    assertThatIllegalStateException().isThrownBy(() -> histograms.observe(1));
  }

  @Test
  void badBoundsAreRefused() {
    for (double[] bounds :
        new double[][] {{}, {1, 1}, {2, 1}, {Double.NaN}, {1, Double.POSITIVE_INFINITY}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> metrics.histogram("h_seconds", "h", bounds))
          .withMessage("bounds of histogram h_seconds must be finite and ascending, one at least");
    }
  }

  @Test
  void seriesBeyondTheBoundShareOneAndAreCounted() {
    var small = new MetricsRegistry(3);
    var family = small.counter("a_total", "h", "l", "m");
    for (int i = 0; i < 10; i++) {
      family.labels("v" + i, "x").increment();
    }
    family.labels("v0", "x").increment();
    assertThat(PrometheusParser.samples(small.prometheusText()))
        .contains(
            entry("a_total{l=\"v0\",m=\"x\"}", 2.0),
            entry("a_total{l=\"v2\",m=\"x\"}", 1.0),
            entry("a_total{l=\"_other_\",m=\"_other_\"}", 7.0),
            entry("metrics_series_overflow_total{family=\"a_total\"}", 7.0))
        .hasSize(5);
  }

  @Test
  void theCountOfOverflowsOverflowsWithoutEnd() {
    var tiny = new MetricsRegistry(1);
    for (String name : new String[] {"a_total", "b_total", "c_total"}) {
      tiny.counter(name, "h", "l").labels("1").increment();
      tiny.counter(name, "h", "l").labels("2").increment();
    }
    assertThat(PrometheusParser.samples(tiny.prometheusText()))
        .contains(
            entry("metrics_series_overflow_total{family=\"a_total\"}", 1.0),
            entry("metrics_series_overflow_total{family=\"_other_\"}", 2.0));
  }

  @Test
  void aLongLabelValueIsCut() {
    metrics.counter("a_total", "h", "l").labels("x".repeat(1_000)).increment();
    assertThat(samples()).containsKey("a_total{l=\"" + "x".repeat(256) + "\"}");
  }

  @Test
  void anAskedGaugeIsAskedAtEachScrapeAndMayFail() {
    var value = new double[] {1};
    metrics.gauge("g", "h", () -> value[0]);
    assertThat(samples()).contains(entry("g", 1.0));
    value[0] = Double.NEGATIVE_INFINITY;
    assertThat(metrics.prometheusText()).contains("\ng -Inf\n");
    metrics.gauge(
        "g",
        "h",
        () -> {
          throw new IllegalStateException("gone");
        });
    assertThat(metrics.prometheusText()).contains("\ng NaN\n");
  }

  @Test
  void sumsAreExactWhateverThreadsAdd() throws Exception {
    long seed = 7L;
    int threads = 8;
    int each = 20_000;
    var counter = metrics.counter("a_total", "h", "l");
    var gauge = metrics.gauge("g", "h");
    var histogram = metrics.histogram("h_seconds", "h", new double[] {1, 2, 3});
    var running = new ArrayList<Thread>();
    for (int t = 0; t < threads; t++) {
      var random = new Random(seed + t);
      running.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  counter.labels("v" + random.nextInt(5)).increment();
                  gauge.add(1);
                  histogram.observe(random.nextInt(5));
                }
              }));
    }
    while (running.stream().anyMatch(Thread::isAlive)) {
      checkHistogram(samples());
    }
    for (Thread thread : running) {
      thread.join();
    }
    double total = (double) threads * each;
    assertThat(samples()).contains(entry("g", total), entry("h_seconds_count", total));
    assertThat(
            samples().entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("a_total"))
                .mapToDouble(Map.Entry::getValue)
                .sum())
        .as("seed %d", seed)
        .isEqualTo(total);
  }

  /** Even in the middle of it all, buckets ascend and the last is the count. */
  private static void checkHistogram(Map<String, Double> samples) {
    double before = 0;
    for (String bound : new String[] {"1", "2", "3", "+Inf"}) {
      double count = samples.get("h_seconds_bucket{le=\"" + bound + "\"}");
      assertThat(count).isGreaterThanOrEqualTo(before);
      before = count;
    }
    assertThat(samples.get("h_seconds_count")).isEqualTo(before);
  }

  @Test
  void aProcessTellsWhatItTakes() {
    var clock = new ManualClock();
    try (var telemetry = new JsonLines(GatedOutput.opened(), TelemetrySettings.DEFAULT, clock)) {
      clock.advance(Duration.ofSeconds(90));
      String text = telemetry.metrics().prometheusText();
      var samples = PrometheusParser.samples(text);
      assertThat(samples).contains(entry("process_uptime_seconds", 90.0));
      assertThat(samples.get("jvm_memory_used_bytes")).isPositive();
      assertThat(samples.get("process_start_time_seconds")).isGreaterThan(1.7e9);
      assertThat(PrometheusParser.types(text))
          .contains(entry("process_cpu_seconds_total", "counter"));
      if (samples.containsKey("process_threads")) { // systems with /proc
        assertThat(samples.get("process_threads")).isGreaterThan(1);
        assertThat(samples.get("process_resident_memory_bytes")).isGreaterThan(1e6);
        assertThat(samples.get("process_open_fds")).isPositive();
      }
    }
  }

  private Map<String, Double> samples() {
    return PrometheusParser.samples(metrics.prometheusText());
  }
}
