package llm.gpu.engine;

import java.util.function.DoubleSupplier;
import llm.core.telemetry.Metrics;

/** What the engine counts. */
final class EngineMetrics {
  private static final double[] WAIT_SECONDS = {
    0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120
  };

  private final Metrics.Counter loaded;
  private final Metrics.Counter loadFailed;
  private final Metrics.Counter promptTokens;
  private final Metrics.Counter completionTokens;
  private final Metrics.Histogram queueWait;

  EngineMetrics(Metrics metrics, DoubleSupplier queueDepth) {
    metrics.gauge(
        "llm_local_queue_depth", "Requests waiting for the model in this process.", queueDepth);
    queueWait =
        metrics.histogram(
            "llm_local_queue_wait_seconds",
            "Time a request waited for its turn, loads included.",
            WAIT_SECONDS);
    var loads =
        metrics.counter("llm_local_model_loads_total", "Models loaded, by how it ended.", "status");
    loaded = loads.labels("ok");
    loadFailed = loads.labels("failed");
    var tokens = metrics.counter("llm_local_tokens_total", "Tokens computed.", "kind");
    promptTokens = tokens.labels("prompt");
    completionTokens = tokens.labels("completion");
  }

  void waited(long nanos) {
    queueWait.observe(nanos / 1e9);
  }

  void loadDone() {
    loaded.increment();
  }

  void loadFailed() {
    loadFailed.increment();
  }

  void promptTokens(int count) {
    promptTokens.add(count);
  }

  void completionToken() {
    completionTokens.increment();
  }
}
