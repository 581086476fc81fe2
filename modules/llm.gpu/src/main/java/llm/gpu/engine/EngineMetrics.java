package llm.gpu.engine;

import llm.core.telemetry.Metrics;
import llm.gpu.grammar.GrammarMetrics;

/** What the engine counts. */
final class EngineMetrics {
  private static final double[] WAIT_SECONDS = {
    0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120
  };
  private static final double[] STEP_SECONDS = {
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
  };
  private static final double[] STEP_TOKENS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

  private final GrammarMetrics grammar;
  private final Metrics.Counter loaded;
  private final Metrics.Counter loadFailed;
  private final Metrics.Counter loadRefused;
  private final Metrics.Counter unloadedIdle;
  private final Metrics.Counter unloadedAsked;
  private final Metrics.Counter unloadedEvicted;
  private final Metrics.Counter promptTokens;
  private final Metrics.Counter cachedTokens;
  private final Metrics.Counter completionTokens;
  private final Metrics.Counter embeddedTokens;
  private final Metrics.Counter draftsAccepted;
  private final Metrics.Counter draftsRejected;
  private final Metrics.Counter modelsAccepted;
  private final Metrics.Counter modelsRejected;
  private final Metrics.Histogram draftSeconds;
  private final Metrics.Counter fallbacks;
  private final Metrics.Counter evictions;
  private final Metrics.Counter takenBack;
  private final Metrics.Counter parked;
  private final Metrics.Histogram queueWait;
  private final Metrics.Histogram deviceWait;
  private final Metrics.Histogram stepSeconds;
  private final Metrics.Histogram stepTokens;

  EngineMetrics(Metrics metrics) {
    grammar = new GrammarMetrics(metrics);
    queueWait =
        metrics.histogram(
            "llm_local_queue_wait_seconds",
            "Time a request waited for its turn, loads included.",
            WAIT_SECONDS);
    deviceWait =
        metrics.histogram(
            "llm_local_device_wait_seconds",
            "Time a model's step or load waited for another model's.",
            WAIT_SECONDS);
    stepSeconds = metrics.histogram("llm_local_step_seconds", "Time of one decode.", STEP_SECONDS);
    stepTokens = metrics.histogram("llm_local_step_tokens", "Tokens of one decode.", STEP_TOKENS);
    var loads =
        metrics.counter("llm_local_model_loads_total", "Models loaded, by how it ended.", "status");
    loaded = loads.labels("ok");
    loadFailed = loads.labels("failed");
    loadRefused = loads.labels("refused");
    var unloads =
        metrics.counter(
            "llm_local_model_unloads_total",
            "Models unloaded while the server went on, by why: idle for long, asked to, or evicted"
                + " for another one.",
            "reason");
    unloadedIdle = unloads.labels("idle");
    unloadedAsked = unloads.labels("asked");
    unloadedEvicted = unloads.labels("evicted");
    var tokens =
        metrics.counter(
            "llm_local_tokens_total", "Tokens computed, and prompt tokens found cached.", "kind");
    promptTokens = tokens.labels("prompt");
    cachedTokens = tokens.labels("cached");
    completionTokens = tokens.labels("completion");
    embeddedTokens = tokens.labels("embedded");
    var drafts =
        metrics.counter(
            "llm_local_draft_tokens_total",
            "Tokens computed as guesses of what follows, by whether they were chosen.",
            "outcome");
    draftsAccepted = drafts.labels("accepted");
    draftsRejected = drafts.labels("rejected");
    var ofModel =
        metrics.counter(
            "llm_local_draft_model_tokens_total",
            "Those of llm_local_draft_tokens_total that a draft model guessed.",
            "outcome");
    modelsAccepted = ofModel.labels("accepted");
    modelsRejected = ofModel.labels("rejected");
    draftSeconds =
        metrics.histogram(
            "llm_local_draft_model_seconds",
            "Time a draft model took for the guesses of one step.",
            STEP_SECONDS);
    fallbacks =
        metrics.counter(
            "llm_local_fallbacks_total",
            "Answers that were a model's fallback, for it was not sure of its own.");
    evictions =
        metrics.counter(
            "llm_local_prefix_evictions_total",
            "Kept prefixes that left the pool for want of room, for good or for ordinary memory.");
    takenBack =
        metrics.counter(
            "llm_local_prefix_restores_total",
            "Prompts that began with a prefix in ordinary memory.");
    parked =
        metrics.counter(
            "llm_local_parked_total", "Requests parked for a while for want of room in the pool.");
  }

  /** Of answers held to a grammar. */
  GrammarMetrics grammar() {
    return grammar;
  }

  void waited(long nanos) {
    queueWait.observe(nanos / 1e9);
  }

  void waitedForDevice(long nanos) {
    deviceWait.observe(nanos / 1e9);
  }

  void loadDone() {
    loaded.increment();
  }

  /** Memory or places would not suffice. */
  void loadRefused() {
    loadRefused.increment();
  }

  void unloadedIdle() {
    unloadedIdle.increment();
  }

  void unloadedAsked() {
    unloadedAsked.increment();
  }

  void unloadedEvicted() {
    unloadedEvicted.increment();
  }

  void loadFailed() {
    loadFailed.increment();
  }

  /** Prompt tokens that need not be computed. */
  void cached(int tokens) {
    cachedTokens.add(tokens);
  }

  /**
   * A step was computed.
   *
   * @param ofPrompts how many of its tokens were of prompts
   */
  void step(int tokens, int ofPrompts, long nanos) {
    stepSeconds.observe(nanos / 1e9);
    stepTokens.observe(tokens);
    promptTokens.add(ofPrompts);
  }

  /** A decode for vectors was computed. */
  void embedded(int tokens, long nanos) {
    stepSeconds.observe(nanos / 1e9);
    stepTokens.observe(tokens);
    embeddedTokens.add(tokens);
  }

  void completionToken() {
    completionTokens.increment();
  }

  /**
   * Drafted tokens were verified.
   *
   * @param byModel whether a draft model guessed them
   */
  void drafted(int accepted, int rejected, boolean byModel) {
    draftsAccepted.add(accepted);
    draftsRejected.add(rejected);
    modelsAccepted.add(byModel ? accepted : 0);
    modelsRejected.add(byModel ? rejected : 0);
  }

  /** A draft model guessed for a step. */
  void draftedByModel(long nanos) {
    draftSeconds.observe(nanos / 1e9);
  }

  /** A fallback was given in place of an answer. */
  void fallback() {
    fallbacks.increment();
  }

  void evicted() {
    evictions.increment();
  }

  /** A prompt was filled from ordinary memory. */
  void takenBack() {
    takenBack.increment();
  }

  void parked() {
    parked.increment();
  }
}
