package llm.server.engine;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.port.TimeSource;
import llm.server.engine.message.Refusal;

/**
 * What the engine counts and logs. Log lines are bounded in rate, counters tell all. Thread-safe.
 */
final class EngineMeters {
  private static final int LINES_A_SECOND = 10;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final Log log;
  private final Metrics metrics;
  private final TimeSource time;
  private final Map<Refusal, Metrics.Counter> rejected = new EnumMap<>(Refusal.class);
  private final Metrics.Counter opened;
  private final Metrics.Counter broken;
  private final Metrics.Counter gone;
  private final Metrics.Counter acceptFailures;

  private final Object lock = new Object();
  private long windowStart; // guarded by lock
  private int lines; // guarded by lock: in this window
  private long suppressed; // guarded by lock: since the last line

  EngineMeters(Telemetry telemetry, TimeSource time) {
    this.log = telemetry.log("llm.http");
    this.metrics = telemetry.metrics();
    this.time = time;
    this.windowStart = time.nanoTime();
    var rejects =
        metrics.counter(
            "http_rejected_total", "Requests and connections refused by the engine.", "reason");
    for (Refusal refusal : Refusal.values()) {
      rejected.put(refusal, rejects.labels(refusal.reason()));
    }
    this.opened = metrics.counter("http_connections_total", "Connections accepted.");
    this.broken =
        metrics.counter(
            "http_connections_broken_total", "Connections that ended within a request.");
    this.gone =
        metrics.counter("http_clients_gone_total", "Clients that left while they were answered.");
    this.acceptFailures =
        metrics.counter("http_accept_failures_total", "Failures to accept a connection.");
  }

  /** Shows how many connections there are. */
  void watch(DoubleSupplier all, DoubleSupplier idle) {
    metrics.gauge("http_connections", "Connections open.", all);
    metrics.gauge("http_connections_idle", "Connections that wait for a request.", idle);
  }

  void opened() {
    opened.increment();
  }

  /** The connection ended within a request, by the client or by us; nobody is left to tell. */
  void broken() {
    broken.increment();
  }

  /** The client left while its request was worked on. */
  void gone() {
    gone.increment();
  }

  /** A request, or a connection, was refused. */
  void rejected(Refusal refusal, String remote) {
    rejected.get(refusal).increment();
    long unsaid = takeLine();
    if (unsaid >= 0) {
      log.at(refusal.status() == 503 ? Level.WARN : Level.INFO, "http_rejected")
          .put("reason", refusal.reason())
          .put("status", refusal.status())
          .put("remote", remote)
          .put("suppressed", unsaid)
          .emit();
    }
  }

  /** A handler threw what it should have answered. */
  void failed(String path, Throwable bug) {
    if (takeLine() >= 0) {
      log.error("http_handler_failed").put("path", path).cause(bug).emit();
    }
  }

  /** A part of the engine itself failed; its connection is closed. */
  void engineFailed(Throwable bug) {
    if (takeLine() >= 0) {
      log.error("http_engine_failed").cause(bug).emit();
    }
  }

  /** Accepting has failed, as it does when the process has no file descriptor left. */
  void acceptFailed(Throwable cause, boolean first) {
    acceptFailures.increment();
    if (first) {
      log.warn("http_accept_failed")
          .put("message", "New connections wait until one can be accepted again.")
          .cause(cause)
          .emit();
    }
  }

  /** Accepting works again. */
  void acceptRecovered(long failures) {
    log.warn("http_accept_recovered").put("failures", failures).emit();
  }

  /** Claims a line of this second; how many were suppressed before it, or -1 when there is none. */
  private long takeLine() {
    synchronized (lock) {
      long now = time.nanoTime();
      if (now - windowStart >= SECOND_NANOS) {
        windowStart = now;
        lines = 0;
      }
      if (lines == LINES_A_SECOND) {
        suppressed++;
        return -1;
      }
      lines++;
      long unsaid = suppressed;
      suppressed = 0;
      return unsaid;
    }
  }
}
