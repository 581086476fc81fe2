package llm.providers.transport;

import java.util.Locale;
import llm.core.telemetry.Metrics;

/** What is counted about the connections to one upstream; the label is the provider's name. */
final class ConnectionMetrics {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double[] WAIT_SECONDS = {.0001, .001, .01, .05, .1, .5, 1, 5, 30};

  /** Why a connection was closed. */
  enum Closed {
    /** Unused for too long. */
    IDLE,
    /** Used for too long. */
    AGED,
    /** More of them unused than may be. */
    SURPLUS,
    /** The upstream had closed it, or sent what nobody asked for. */
    STALE,
    /** The response said so, or ended with it. */
    ENDED,
    /** The exchange was broken off. */
    BROKEN,
    /** The transport was closed. */
    SHUTDOWN
  }

  private final Metrics.Gauge active;
  private final Metrics.Gauge idle;
  private final Metrics.Counter created;
  private final Metrics.Counter reused;
  private final Metrics.Counter staleRetries;
  private final Metrics.Counter[] closed = new Metrics.Counter[Closed.values().length];
  private final Metrics.Histogram waits;

  ConnectionMetrics(Metrics metrics, String provider) {
    var connections =
        metrics.gauge("upstream_connections", "Connections to an upstream.", "provider", "state");
    active = connections.labels(provider, "active");
    idle = connections.labels(provider, "idle");
    created =
        counter(metrics, provider, "upstream_connections_created_total", "Connections opened.");
    reused =
        counter(
            metrics,
            provider,
            "upstream_connections_reused_total",
            "Requests sent on a connection that was open.");
    staleRetries =
        counter(
            metrics,
            provider,
            "upstream_stale_retries_total",
            "Requests sent again because a reused connection was dead.");
    var reasons =
        metrics.counter(
            "upstream_connections_closed_total", "Connections closed.", "provider", "reason");
    for (Closed reason : Closed.values()) {
      closed[reason.ordinal()] = reasons.labels(provider, reason.name().toLowerCase(Locale.ROOT));
    }
    waits =
        metrics
            .histogram(
                "upstream_connection_wait_seconds",
                "Time a request waited for its turn at an upstream's pool.",
                WAIT_SECONDS,
                "provider")
            .labels(provider);
  }

  void created() {
    created.increment();
  }

  void reused() {
    reused.increment();
  }

  void staleRetry() {
    staleRetries.increment();
  }

  void closed(Closed reason) {
    closed[reason.ordinal()].increment();
  }

  void active(int change) {
    active.add(change);
  }

  void idle(int change) {
    idle.add(change);
  }

  void waited(long nanos) {
    waits.observe(nanos / NANOS_PER_SECOND);
  }

  private static Metrics.Counter counter(
      Metrics metrics, String provider, String name, String help) {
    return metrics.counter(name, help, "provider").labels(provider);
  }
}
