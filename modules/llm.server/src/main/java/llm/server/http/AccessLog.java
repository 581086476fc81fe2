package llm.server.http;

import java.util.Set;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.port.TimeSource;

/** One log line and the metrics of each request. Thread-safe. */
final class AccessLog {
  private static final double[] SECONDS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600
  };
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private final Log log;
  private final TimeSource time;
  private final Metrics.Counter requests;
  private final Metrics.Histogram durations;
  private final Metrics.Gauge active;
  private final Metrics.Gauge streams;

  AccessLog(Telemetry telemetry, TimeSource time) {
    this.log = telemetry.log("llm.http");
    this.time = time;
    var metrics = telemetry.metrics();
    this.requests =
        metrics.counter("http_requests_total", "Requests answered.", "route", "method", "status");
    this.durations =
        metrics.histogram(
            "http_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            SECONDS,
            "route");
    this.active = metrics.gauge("http_requests_active", "Requests being answered.");
    this.streams = metrics.gauge("http_streams_active", "Streams of events being sent.");
  }

  Metrics.Gauge streams() {
    return streams;
  }

  void began() {
    active.add(1);
  }

  void ended(Visit visit, int status, long bytesOut) {
    active.add(-1);
    double seconds = (time.nanoTime() - visit.startedNanos()) / 1e9;
    String method = visit.head().method();
    requests
        .labels(
            visit.route(), METHODS.contains(method) ? method : "other", Integer.toString(status))
        .increment();
    durations.labels(visit.route()).observe(seconds);
    var line = log.at(visit.isQuiet() ? Level.DEBUG : Level.INFO, "http_request");
    if (!visit.repeated().isEmpty()) {
      line.put("idempotency", visit.repeated());
    }
    line.put("request_id", visit.head().id().value())
        .within(visit.span())
        .put("method", method)
        .put("route", visit.route())
        .put("status", status)
        .put("duration_ms", seconds * 1e3)
        .put("bytes_out", bytesOut)
        .put("principal", visit.principal())
        .put("end", visit.end())
        .emit();
  }
}
