package llm.gpu.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.gpu.engine.EngineSettings;

/**
 * The section {@code providers.local}.
 *
 * @param model the GGUF file behind the model {@code local}
 * @param modelsDir a folder whose GGUF files are models under their names
 * @param libraryDir the folder of libllama; empty for what {@code tools/native} fetched
 * @param warm whether the model behind {@code local} is loaded at start, in the background
 * @param engine the engine's limits
 */
record LocalSettings(
    Optional<Path> model,
    Optional<Path> modelsDir,
    Optional<Path> libraryDir,
    boolean warm,
    EngineSettings engine) {

  private static final EngineSettings DEFAULT = EngineSettings.DEFAULT;

  private static final Setting<Path> MODEL =
      Setting.optionalPath("model", "The GGUF file behind model `local`; `--model` sets it.");
  private static final Setting<Path> MODELS_DIR =
      Setting.optionalPath(
              "models_dir",
              "A folder; each GGUF file in it is a model under its name without `.gguf`.")
          .orEnvironment("MODELS_DIR");
  private static final Setting<Path> LIBRARY_DIR =
      Setting.optionalPath(
              "library_dir",
              "The folder of the llama.cpp library, instead of what `tools/native` fetched.")
          .orEnvironment("LLAMA_LIB_DIR");
  private static final Setting<Boolean> WARM =
      Setting.flag("warm", true, "Load the model behind `local` at start, in the background.");
  private static final Setting<Integer> CONTEXT_TOKENS =
      Setting.integer(
          "context_tokens",
          DEFAULT.contextTokens(),
          0,
          1 << 24,
          "Prompt and answer together; 0: what the model was trained for, at most "
              + EngineSettings.DEFAULT_MAX_CONTEXT
              + ". Never more than it was trained for; memory is reserved at load.");
  private static final Setting<Integer> THREADS =
      Setting.integer(
          "threads",
          0,
          0,
          1024,
          "Threads that compute; 0: half of the cores, all but one of up to four. Cores are those the"
              + " process may use: its CPU affinity and its cgroup's quota count. One thread more than there"
              + " are free cores is many times slower.");
  private static final Setting<Integer> BATCH_TOKENS =
      Setting.integer(
          "batch_tokens",
          DEFAULT.batchTokens(),
          16,
          4096,
          "Prompt tokens computed at once; smaller stops a cancelled prompt sooner.");
  private static final Setting<Integer> QUEUE_CAPACITY =
      Setting.integer(
          "queue_capacity",
          DEFAULT.queueCapacity(),
          1,
          10_000,
          "Requests that may wait for the model; one more is answered with 429.");
  private static final Setting<Integer> RING_EVENTS =
      Setting.integer(
          "ring_events",
          DEFAULT.ringEvents(),
          1,
          65_536,
          "Pieces of an answer that may wait for a slow client before the generation pauses.");
  private static final Setting<Duration> STALL =
      Setting.duration(
          "stall_seconds",
          DEFAULT.stallLimit(),
          Duration.ofMillis(10),
          Duration.ofHours(1),
          "How long a paused generation keeps the model before it fails.");
  private static final Setting<Duration> LOAD_TIMEOUT =
      Setting.duration(
          "load_timeout_seconds",
          DEFAULT.loadLimit(),
          Duration.ofSeconds(1),
          Duration.ofHours(24),
          "How long a model may take to load.");
  private static final Setting<Duration> CLOSE_TIMEOUT =
      Setting.duration(
          "close_timeout_seconds",
          DEFAULT.closeLimit(),
          Duration.ofMillis(100),
          Duration.ofMinutes(10),
          "How long stopping waits for the step that is being computed.");

  /** Reads every key. */
  static LocalSettings read(Section section) {
    int threads = section.get(THREADS);
    return new LocalSettings(
        section.find(MODEL),
        section.find(MODELS_DIR),
        section.find(LIBRARY_DIR),
        section.get(WARM),
        new EngineSettings(
            section.get(CONTEXT_TOKENS),
            section.get(BATCH_TOKENS),
            threads == 0 ? DEFAULT.threads() : threads,
            section.get(QUEUE_CAPACITY),
            section.get(RING_EVENTS),
            section.get(STALL),
            section.get(LOAD_TIMEOUT),
            section.get(CLOSE_TIMEOUT)));
  }
}
