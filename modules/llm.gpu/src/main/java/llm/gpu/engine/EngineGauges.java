package llm.gpu.engine;

import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import llm.core.telemetry.Metrics;
import llm.gpu.engine.EngineStatus.LoadedStatus;

/** What a scrape asks the engine for. */
final class EngineGauges {
  private EngineGauges() {}

  /**
   * Adds the gauges; none but the queues' takes a lock when it is read.
   *
   * @param waiting requests in all queues
   * @param loaded the models in memory, as their threads last said they are
   */
  static void register(Metrics metrics, IntSupplier waiting, Supplier<List<LoadedStatus>> loaded) {
    metrics.gauge(
        "llm_local_queue_depth",
        "Requests waiting for a model in this process.",
        waiting::getAsInt);
    metrics.gauge(
        "llm_local_requests_in_work",
        "Requests that are computed together now.",
        () -> sum(loaded, LoadedStatus::inWork));
    metrics.gauge(
        "llm_local_prefix_tokens",
        "Tokens kept in the pool for prompts that begin alike.",
        () -> sum(loaded, LoadedStatus::keptTokens));
    metrics.gauge(
        "llm_local_prefix_memory_tokens",
        "Tokens of prompts kept in ordinary memory, beside llm_local_prefix_tokens.",
        () -> sum(loaded, LoadedStatus::shelfTokens));
    metrics.gauge(
        "llm_local_prefix_memory_bytes",
        "Memory they take.",
        () -> sum(loaded, LoadedStatus::shelfBytes));
    metrics.gauge(
        "llm_local_pinned_tokens",
        "Those of llm_local_prefix_tokens that somebody wants kept: they make room last.",
        () -> sum(loaded, LoadedStatus::pinnedTokens));
    metrics.gauge(
        "llm_local_sequences",
        "Sequences in use, by requests that are computed and by kept prefixes.",
        () -> sum(loaded, LoadedStatus::sequences));
    metrics.gauge(
        "llm_local_model_memory_bytes",
        "Memory of every kind that the models in memory have taken.",
        () -> sum(loaded, LoadedStatus::takenBytes));
    metrics.gauge("llm_local_models_loaded", "Models in memory.", () -> loaded.get().size());
  }

  private static long sum(Supplier<List<LoadedStatus>> loaded, ToLongFunction<LoadedStatus> of) {
    return loaded.get().stream().mapToLong(of).sum();
  }
}
