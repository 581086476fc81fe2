package llm.gpu.engine;

import java.util.function.Supplier;
import llm.core.telemetry.Metrics;
import llm.gpu.engine.EngineStatus.LoadedStatus;

/** What a scrape asks the engine for. */
final class EngineGauges {
  private EngineGauges() {}

  static void register(Metrics metrics, Supplier<EngineStatus> status) {
    metrics.gauge(
        "llm_local_queue_depth",
        "Requests waiting for a model in this process.",
        () -> status.get().waiting());
    metrics.gauge(
        "llm_local_requests_in_work",
        "Requests that are computed together now.",
        () -> status.get().inWork());
    metrics.gauge(
        "llm_local_prefix_tokens",
        "Tokens kept in memory for prompts that begin alike.",
        () -> status.get().models().stream().mapToInt(LoadedStatus::keptTokens).sum());
    metrics.gauge(
        "llm_local_models_loaded", "Models in memory.", () -> status.get().models().size());
  }
}
