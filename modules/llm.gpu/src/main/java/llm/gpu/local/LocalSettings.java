package llm.gpu.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.provider.ProviderContext;
import llm.core.template.answer.AnswerFormat;
import llm.gpu.draft.Speculation;
import llm.gpu.engine.EngineSettings;
import llm.gpu.llama.Pooling;
import llm.gpu.memory.MemorySettings;
import llm.gpu.prefix.PrefixShelf;
import llm.gpu.text.ModelTemplates;

/**
 * The section {@code providers.local}.
 *
 * @param model the GGUF file behind the model {@code local}
 * @param modelsDir a folder whose GGUF files are models under their names
 * @param libraryDir the folder of libllama; empty for what {@code tools/native} fetched
 * @param builtin whether the model that comes with the program is served
 * @param warm whether the model behind {@code local}, or else a default model, is loaded at start,
 *     in the background
 * @param systemPrefix text before the system message of every request
 * @param adapters LoRA adapters of models
 * @param engine the engine's limits
 */
record LocalSettings(
    Optional<Path> model,
    Optional<Path> modelsDir,
    Optional<Path> libraryDir,
    boolean builtin,
    boolean warm,
    Optional<String> systemPrefix,
    List<AdapterSettings> adapters,
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
  private static final Setting<Boolean> BUILTIN =
      Setting.flag(
          "builtin",
          true,
          "Serve model `builtin`, which comes with the program; it is the default model where"
              + " nothing else is configured.");
  private static final Setting<Boolean> WARM =
      Setting.flag(
          "warm",
          true,
          "Load the model behind `local` at start, in the background; `builtin` where that is the"
              + " default model.");
  private static final Setting<ModelTemplates.Source> CHAT_TEMPLATE =
      Setting.choice(
          "chat_template",
          ModelTemplates.Source.MODEL,
          "Whose form prompts have; model: the template in the model's file is run; builtin:"
              + " llama.cpp's own form of it, without tools.");
  private static final Setting<Path> CHAT_TEMPLATE_FILE =
      Setting.optionalPath(
          "chat_template_file",
          "A file with a chat template (Jinja) for all models, in place of their own.");
  private static final Setting<ToolFormat> TOOL_FORMAT =
      Setting.choice(
          "tool_format",
          ToolFormat.AUTO,
          "How models write calls of tools; auto: as the marks in their chat templates tell.");
  private static final Setting<Integer> CONTEXT_TOKENS =
      Setting.integer(
          "context_tokens",
          DEFAULT.contextTokens(),
          0,
          1 << 24,
          "Prompt and answer of one request together; 0: what the model was trained for, at most "
              + EngineSettings.DEFAULT_MAX_CONTEXT
              + ". Never more than it was trained for.");
  private static final Setting<Integer> POOL_TOKENS =
      Setting.integer(
          "pool_tokens",
          DEFAULT.poolTokens(),
          0,
          1 << 24,
          "Tokens remembered at once, of all requests and kept prefixes together; 0: a window for"
              + " each slot, at most "
              + EngineSettings.DEFAULT_MAX_CONTEXT
              + " in all, and one window at least. Memory is reserved at load.");
  private static final Setting<Integer> LOADED_MODELS =
      Setting.integer(
          "loaded_models",
          DEFAULT.loadedModels(),
          1,
          64,
          "Models in memory at once, `builtin` not counted; one more lets the one used least recently be"
              + " unloaded.");
  private static final Setting<Integer> SLOTS =
      Setting.integer(
          "slots",
          DEFAULT.slots().interactive(),
          1,
          64,
          "Requests of one model that are computed together.");
  private static final Setting<Integer> BACKGROUND_SLOTS =
      Setting.integer(
          "background_slots",
          DEFAULT.slots().background(),
          1,
          64,
          "The same for requests of priority `background`, which yield to the others.");
  private static final Setting<Integer> PREFIX_SEQUENCES =
      Setting.integer(
          "prefix_sequences",
          DEFAULT.prefixes().sequences(),
          0,
          128,
          "Prompts kept in the pool for those that begin alike; 0: none is kept anywhere.");
  private static final Setting<Integer> PREFIX_TOKENS =
      Setting.integer(
          "prefix_tokens",
          DEFAULT.prefixes().tokens(),
          -1,
          1 << 24,
          "Tokens of them together; -1: as many as the pool has room for, 0: none is kept anywhere.");
  private static final Setting<Integer> PREFIX_MEMORY_MB =
      Setting.integer(
          "prefix_memory_mb",
          (int) (DEFAULT.prefixes().memoryBytes() >> 20),
          0,
          1 << 20,
          "Ordinary memory, in megabytes and of each loaded model, for kept prompts beyond a small part"
              + " of the pool, which slow down no step; one of more than "
              + (PrefixShelf.MAX_ENTRY_BYTES >> 20)
              + " MB stays in the pool. 0: all stay there.");
  private static final Setting<Duration> PREFIX_WORTH =
      Setting.duration(
          "prefix_worth_ms",
          DEFAULT.prefixes().worth(),
          Duration.ZERO,
          Duration.ofMinutes(1),
          "A prompt is kept when computing it again would take longer; each one kept makes every step"
              + " a little slower. 0: every prompt.");
  private static final Setting<Path> PREFIX_DIR =
      Setting.optionalPath(
          "prefix_dir",
          "A folder to save kept prompts in when a model is unloaded or the server stops, and to"
              + " take them from when it is loaded again. Unset: they are not saved. Nobody else"
              + " should be able to write to it.");
  private static final Setting<Integer> PREFIX_DIR_MB =
      Setting.integer(
          "prefix_dir_mb",
          (int) (EngineSettings.Prefixes.DEFAULT_FOLDER_BYTES >> 20),
          1,
          1 << 20,
          "The most megabytes of the files in `prefix_dir`; the oldest are deleted.");
  private static final Setting<Duration> STEP_TARGET =
      Setting.duration(
          "step_target_ms",
          DEFAULT.stepTarget(),
          Duration.ofMillis(5),
          Duration.ofSeconds(10),
          "How long a running answer may pause while a prompt is read, aimed at by reading it in"
              + " chunks.");
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
          "batch_tokens", DEFAULT.batchTokens(), 16, 4096, "The most tokens computed in one step.");
  private static final Setting<Speculation.Mode> SPECULATION =
      Setting.choice(
          "speculation",
          DEFAULT.speculation().mode(),
          "Whether tokens that stood in prompt or answer before are drafted and verified several in a"
              + " step; auto: where that brings answers sooner; always: whatever it costs.");
  private static final Setting<Integer> DRAFT_TOKENS =
      Setting.integer(
          "draft_tokens",
          DEFAULT.speculation().tokens(),
          1,
          Speculation.MOST_TOKENS,
          "The most tokens drafted in one step, of all answers together.");
  private static final Setting<Path> DRAFT_MODEL =
      Setting.optionalPath(
          "draft_model",
          "The GGUF file of a small model of the same vocabulary, which drafts where nothing stood"
              + " before. Unset: none does.");
  private static final Setting<EmbeddingPooling> EMBEDDING_POOLING =
      Setting.choice(
          "embedding_pooling",
          EmbeddingPooling.MODEL,
          "How the vectors of a text's tokens become one; model: as the file says, else mean.");
  private static final Setting<Integer> EMBEDDING_TOKENS =
      Setting.integer(
          "embedding_tokens",
          DEFAULT.vectors().longest(),
          0,
          1 << 17,
          "Tokens of the longest text to make a vector of; 0: what the model was trained for, at"
              + " most "
              + EngineSettings.Vectors.LONGEST_UNASKED
              + ". A text is computed in one piece: it takes 4 bytes a token for each token of the"
              + " vocabulary.");
  private static final Setting<Integer> QUEUE_CAPACITY =
      Setting.integer(
          "queue_capacity",
          DEFAULT.queueCapacity(),
          1,
          10_000,
          "Requests that may wait for one model; one more is answered with 429. Twice as many long"
              + " texts may wait to be read, of all models together.");
  private static final Setting<Integer> RING_EVENTS =
      Setting.integer(
          "ring_events",
          DEFAULT.ringEvents(),
          1,
          65_536,
          "Pieces of an answer that may wait for a slow client before its generation pauses.");
  private static final Setting<Duration> STALL =
      Setting.duration(
          "stall_seconds",
          DEFAULT.stallLimit(),
          Duration.ofMillis(10),
          Duration.ofHours(1),
          "How long a paused generation keeps its slot before it fails.");
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

  private static final MemorySettings MEMORY = DEFAULT.memory();
  private static final Setting<Integer> MEMORY_BUDGET_MB =
      Setting.integer(
          "memory_budget_mb",
          0,
          0,
          1 << 30,
          "The most megabytes that all models in memory may take together, of every kind of memory;"
              + " 0: as much as the other limits allow.");
  private static final Setting<Integer> MAX_RAM_PERCENT =
      Setting.integer(
          "max_ram_percent",
          MEMORY.maxRamPercent(),
          1,
          100,
          "How full ordinary memory may be after a load, others' share included; that of the control"
              + " group, where it has less room.");
  private static final Setting<Integer> RAM_RESERVE_MB =
      Setting.integer(
          "ram_reserve_mb", 0, 0, 1 << 30, "Megabytes of ordinary memory that loads leave free.");
  private static final Setting<Integer> GPU_INDEX =
      Setting.integer(
              "gpu_index",
              MEMORY.gpuIndex(),
              0,
              63,
              "Which graphics processor computes, as CUDA numbers them, and is watched, as NVML does, by"
                  + " bus: where there are several, set CUDA_DEVICE_ORDER=PCI_BUS_ID.")
          .orEnvironment("GPU_INDEX");
  private static final Setting<Integer> MAX_VRAM_PERCENT =
      Setting.integer(
              "max_vram_percent",
              MEMORY.maxVramPercent(),
              1,
              100,
              "How full the graphics processor's memory may be after a load, others' share included.")
          .orEnvironment("MAX_VRAM_USAGE_PERCENT");
  private static final Setting<Integer> VRAM_RESERVE_MB =
      Setting.integer(
              "vram_reserve_mb",
              (int) (MEMORY.vramReserveBytes() >> 20),
              0,
              1 << 30,
              "Megabytes of it that loads leave free.")
          .orEnvironment("VRAM_RESERVE_MB");
  private static final Setting<Integer> GPU_LAYERS =
      Setting.integer(
          "gpu_layers",
          MEMORY.gpuLayers(),
          -1,
          1 << 16,
          "Layers, from the last one, that the graphics processor computes; -1: all, 0: none.");
  private static final Setting<Duration> IDLE_UNLOAD =
      Setting.duration(
          "idle_unload_seconds",
          MEMORY.idleUnload(),
          Duration.ZERO,
          Duration.ofDays(30),
          "How long a model stays in memory that nobody asks; 0: for ever. One that keeps a warm"
              + " prefix stays until that is over.");

  /** What {@code tool_format} may say. */
  private enum ToolFormat {
    AUTO,
    HERMES,
    LLAMA3,
    MISTRAL,
    DEEPSEEK,
    FUNCTIONARY,
    COMMAND,
    KIMI,
    GRANITE3,
    PHI4,
    NEMOTRON,
    HUNYUAN,
    QWEN3_CODER,
    SEED,
    GLM,
    MINIMAX,
    LFM2,
    PYTHONIC,
    HARMONY,
    NONE;

    private Optional<AnswerFormat> format() {
      return this == AUTO ? Optional.empty() : Optional.of(AnswerFormat.valueOf(name()));
    }
  }

  /** What {@code embedding_pooling} may say. */
  private enum EmbeddingPooling {
    MODEL,
    MEAN,
    CLS,
    LAST;

    private Optional<Pooling> pooling() {
      return switch (this) {
        case MODEL -> Optional.empty();
        case MEAN -> Optional.of(Pooling.MEAN);
        case CLS -> Optional.of(Pooling.CLS);
        case LAST -> Optional.of(Pooling.LAST);
      };
    }
  }

  private static MemorySettings memory(Section section) {
    return new MemorySettings(
        (long) section.get(MEMORY_BUDGET_MB) << 20,
        section.get(MAX_RAM_PERCENT),
        (long) section.get(RAM_RESERVE_MB) << 20,
        section.get(GPU_INDEX),
        section.get(MAX_VRAM_PERCENT),
        (long) section.get(VRAM_RESERVE_MB) << 20,
        section.get(GPU_LAYERS),
        section.get(IDLE_UNLOAD));
  }

  /** Reads every key. */
  static LocalSettings read(Section section) {
    return new LocalSettings(
        section.find(MODEL),
        section.find(MODELS_DIR),
        section.find(LIBRARY_DIR),
        section.get(BUILTIN),
        section.get(WARM),
        section.find(ProviderContext.SYSTEM_PREFIX),
        AdapterSettings.read(section),
        engine(section));
  }

  private static EngineSettings engine(Section section) {
    return EngineSettings.builder()
        .contextTokens(section.get(CONTEXT_TOKENS))
        .poolTokens(section.get(POOL_TOKENS))
        .batchTokens(section.get(BATCH_TOKENS))
        .threads(threads(section.get(THREADS)))
        .loadedModels(section.get(LOADED_MODELS))
        .slots(new EngineSettings.Slots(section.get(SLOTS), section.get(BACKGROUND_SLOTS)))
        .prefixes(prefixes(section))
        .vectors(
            new EngineSettings.Vectors(
                section.get(EMBEDDING_POOLING).pooling(), section.get(EMBEDDING_TOKENS)))
        .queueCapacity(section.get(QUEUE_CAPACITY))
        .ringEvents(section.get(RING_EVENTS))
        .stepTarget(section.get(STEP_TARGET))
        .stallLimit(section.get(STALL))
        .loadLimit(section.get(LOAD_TIMEOUT))
        .closeLimit(section.get(CLOSE_TIMEOUT))
        .templates(
            new ModelTemplates(
                section.get(CHAT_TEMPLATE),
                section.find(CHAT_TEMPLATE_FILE),
                section.get(TOOL_FORMAT).format()))
        .speculation(
            new Speculation(
                section.get(SPECULATION),
                section.get(DRAFT_TOKENS),
                section.find(DRAFT_MODEL).map(file -> file.toAbsolutePath().normalize())))
        .memory(memory(section))
        .build();
  }

  private static int threads(int set) {
    return set == 0 ? DEFAULT.threads() : set;
  }

  private static EngineSettings.Prefixes prefixes(Section section) {
    return new EngineSettings.Prefixes(
        section.get(PREFIX_SEQUENCES),
        section.get(PREFIX_TOKENS),
        (long) section.get(PREFIX_MEMORY_MB) << 20,
        section.get(PREFIX_WORTH),
        section.find(PREFIX_DIR),
        (long) section.get(PREFIX_DIR_MB) << 20);
  }
}
