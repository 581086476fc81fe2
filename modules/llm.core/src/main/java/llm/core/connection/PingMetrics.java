package llm.core.connection;

import java.util.OptionalInt;
import llm.core.telemetry.Metrics;

/** What is counted of pings. */
final class PingMetrics {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double[] SECONDS = {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

  private final Metrics.Counter pings;
  private final Metrics.Histogram seconds;

  PingMetrics(Metrics metrics) {
    pings =
        metrics.counter(
            "llm_connection_pings_total",
            "Pings of providers: the status of the answer, answered where there is none, failed, or"
                + " skipped for a request.",
            "provider",
            "status");
    seconds =
        metrics.histogram(
            "llm_connection_ping_seconds",
            "From a ping to its answer, the opening of a connection included.",
            SECONDS,
            "provider");
  }

  void answered(String provider, OptionalInt status, long nanos) {
    String label = status.isPresent() ? Integer.toString(status.getAsInt()) : "answered";
    pings.labels(provider, label).increment();
    seconds.labels(provider).observe(nanos / NANOS_PER_SECOND);
  }

  void failed(String provider) {
    pings.labels(provider, "failed").increment();
  }

  void skipped(String provider) {
    pings.labels(provider, "skipped").increment();
  }
}
