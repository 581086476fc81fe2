package llm.core.cache;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import llm.core.telemetry.Metrics;
import llm.domain.chat.Usage;

/** What the cache counts. */
final class CacheMetrics {
  /** How a request came to its answer, as header, log and label say it. */
  enum Outcome {
    /** It was kept. */
    HIT,
    /** The model was asked. */
    MISS,
    /** Somebody else's answer to the same question was under way. */
    JOINED,
    /** The caller or the configuration wants none of it. */
    OFF;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Map<Outcome, Metrics.Counter> outcomes = new EnumMap<>(Outcome.class);
  private final Metrics.Counter promptTokens;
  private final Metrics.Counter completionTokens;
  private final Metrics.Counter kept;
  private final Metrics.Counter keptBytes;
  private final Metrics.Counter failures;

  CacheMetrics(Metrics metrics, DoubleSupplier flights, DoubleSupplier available) {
    var total =
        metrics.counter(
            "llm_cache_total",
            "Requests that asked for a cached answer, or refused one, by how they were answered.",
            "outcome");
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, total.labels(outcome.word()));
    }
    var saved =
        metrics.counter(
            "llm_cache_saved_tokens_total",
            "Tokens of answers that were given without asking a model.",
            "kind");
    promptTokens = saved.labels("prompt");
    completionTokens = saved.labels("completion");
    kept = metrics.counter("llm_cache_kept_total", "Answers that were put into the cache.");
    keptBytes = metrics.counter("llm_cache_kept_bytes_total", "Their size, about in bytes.");
    failures =
        metrics.counter(
            "llm_cache_store_failures_total",
            "Times that the store of cached answers was passed over, as it could not be used.");
    metrics.gauge("llm_cache_flights", "Answers under way that others may join.", flights);
    metrics.gauge(
        "llm_cache_available", "Whether the store of cached answers can be used.", available);
  }

  void count(Outcome outcome) {
    outcomes.get(outcome).increment();
  }

  void saved(Usage usage) {
    promptTokens.add(usage.promptTokens());
    completionTokens.add(usage.completionTokens());
  }

  void kept(int bytes) {
    kept.increment();
    keptBytes.add(bytes);
  }

  void storeFailed() {
    failures.increment();
  }
}
