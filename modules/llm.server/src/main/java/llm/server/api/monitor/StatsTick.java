package llm.server.api.monitor;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Distribution;
import llm.core.telemetry.Level;
import llm.core.telemetry.Metrics;
import llm.domain.call.Registration;
import llm.domain.port.ProviderHealth;

/**
 * Publishes figures every two seconds, from the process's own metrics. Rates are those of the time
 * since the tick before; the first one has none.
 */
final class StatsTick implements Registration {
  /** From one tick to the next. */
  static final Duration EVERY = Duration.ofSeconds(2);

  /** Ticks that a median looks back: a minute. */
  private static final int WINDOW = 30;

  private static final String FIRST_TOKEN = "llm_time_to_first_token_seconds";

  private final MonitorHub hub;
  private final Metrics metrics;
  private final Supplier<Map<String, ProviderHealth>> health;
  private final Alarms alarms;

  // of the one tick that runs at a time
  private final ArrayDeque<Distribution> firstTokens = new ArrayDeque<>(WINDOW + 1);
  private Optional<Sums> before = Optional.empty();

  private boolean closed; // guarded by this
  private Registration alarm = () -> {}; // guarded by this

  /** What rates are made of. */
  private record Sums(long nanos, double tokens, double requests, double cpuSeconds) {}

  StatsTick(
      MonitorHub hub,
      Metrics metrics,
      Supplier<Map<String, ProviderHealth>> health,
      Alarms alarms) {
    this.hub = hub;
    this.metrics = metrics;
    this.health = health;
    this.alarms = alarms;
  }

  /** Begins; the first tick is now. */
  StatsTick start() {
    set(alarms.time().nanoTime());
    return this;
  }

  @Override
  public synchronized void close() {
    closed = true;
    alarm.close();
  }

  private synchronized void set(long atNanos) {
    if (!closed) {
      alarm = alarms.at(atNanos, () -> Thread.startVirtualThread(() -> tick(atNanos)));
    }
  }

  /** From tick to tick by the time that was due, so that lateness does not add up. */
  private void tick(long dueNanos) {
    try {
      byte[] stats = describe();
      hub.publish(Topic.STATS, Level.INFO, stats, 0, stats.length);
    } finally {
      set(dueNanos + EVERY.toNanos());
    }
  }

  private byte[] describe() {
    var out = new JsonObject();
    out.put("uptime_seconds", sum("process_uptime_seconds"));
    out.put("requests_active", sum("http_requests_active"));
    out.put("streams_active", sum("llm_streams_active"));
    out.put("connections", sum("http_connections"));
    out.put("ws_connections", sum("gateway_ws_connections"));
    out.put("listeners", hub.size());
    out.put("queue_depth", sum("llm_local_queue_depth"));
    rates(out);
    firstToken(out);
    out.put("heap_bytes", sum("jvm_memory_used_bytes"));
    out.put("heap_max_bytes", sum("jvm_memory_max_bytes"));
    out.put("rss_bytes", sum("process_resident_memory_bytes"));
    out.put("log_dropped", sum("log_dropped_total"));
    providers(out);
    return out.bytes();
  }

  private void rates(JsonObject out) {
    var now =
        new Sums(
            alarms.time().nanoTime(),
            metrics.sum("llm_tokens_total", "kind", "completion").orElse(0),
            metrics.sum("llm_requests_total").orElse(0),
            sum("process_cpu_seconds_total"));
    double seconds = before.map(then -> (now.nanos - then.nanos) / 1e9).orElse(Double.NaN);
    Sums then = before.orElse(now);
    out.put("tokens_per_second", (now.tokens - then.tokens) / seconds);
    out.put("llm_requests_per_second", (now.requests - then.requests) / seconds);
    out.put("cpu_percent", 100 * (now.cpuSeconds - then.cpuSeconds) / seconds);
    before = Optional.of(now);
  }

  /** Over the last minute; over all time when nothing came in it. */
  private void firstToken(JsonObject out) {
    OptionalDouble median = OptionalDouble.empty();
    var counted = metrics.distribution(FIRST_TOKEN);
    if (counted.isPresent()) {
      Distribution all = counted.get();
      Distribution recent = firstTokens.isEmpty() ? all : all.since(firstTokens.peekFirst());
      median = (recent.count() == 0 ? all : recent).quantile(0.5);
      firstTokens.addLast(all);
      if (firstTokens.size() > WINDOW) {
        firstTokens.pollFirst();
      }
    }
    out.put("ttft_p50_ms", median.orElse(Double.NaN) * 1e3);
  }

  private void providers(JsonObject out) {
    out.open("providers");
    health
        .get()
        .forEach((id, state) ->
            out.open(id)
                .put("status", state.status().wireName())
                .put("detail", state.detail())
                .close());
    out.close();
  }

  private double sum(String name) {
    return metrics.sum(name).orElse(Double.NaN);
  }
}
