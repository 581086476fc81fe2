package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.adapter.LoadedAdapters;
import llm.gpu.draft.DraftFile;
import llm.gpu.draft.LoadedDraft;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.HeaderMemo;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.llama.Library;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.memory.ContextShape;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.NeedEstimate;
import llm.gpu.memory.Residence;
import llm.gpu.pages.HugePages;
import llm.gpu.text.Conversations;

/**
 * Loads the library, once, and models. Tells progress in the log; a load ends when it takes too
 * long or the engine closes. Thread-safe; a load blocks its caller, who holds the device.
 */
final class ModelLoader {
  private static final int PROGRESS_STEP = 10; // percent
  private static final int DRAFT_STEP = 256; // tokens that a draft model reads at once
  private static final Duration TELL_AGAIN = Duration.ofSeconds(1); // progress at INFO

  private final LibrarySource librarySource;
  private final AdapterSource adapterSource;
  private final EngineSettings settings;
  private final EngineMetrics metrics;
  private final Log log;
  private final TimeSource time;
  private final BooleanSupplier closing;
  private final HeaderMemo draftHeader = new HeaderMemo(); // for estimates; a load reads the file
  private volatile Library library;

  ModelLoader(
      LibrarySource librarySource,
      AdapterSource adapterSource,
      EngineSettings settings,
      EngineMetrics metrics,
      Log log,
      TimeSource time,
      BooleanSupplier closing) {
    this.librarySource = librarySource;
    this.adapterSource = adapterSource;
    this.settings = settings;
    this.metrics = metrics;
    this.log = log;
    this.time = time;
    this.closing = closing;
  }

  /** The library, once it was loaded. */
  Optional<Library> library() {
    return Optional.ofNullable(library);
  }

  /**
   * What a load of {@code file} takes; reads its header, and loads the library.
   *
   * @param contextTokens the window; empty for the settings'
   * @throws LlamaException with a client-safe sentence when it cannot be loaded
   */
  ModelNeed need(Path file, OptionalInt contextTokens) throws LlamaException {
    try {
      GgufHeader header = header(file);
      requireLibrary();
      return estimate(file, header, settingsWith(contextTokens)).plus(needOfAdapters(file));
    } catch (LlamaException failure) {
      throw told(file, failure);
    }
  }

  /** What the adapters of the model of {@code file} take; one that is not there takes nothing. */
  private ModelNeed needOfAdapters(Path file) {
    long bytes = 0;
    for (AdapterFile adapter : adapterSource.of(file)) {
      bytes += adapter.file().toFile().length();
    }
    var weights = new ModelNeed.Parts(bytes, 0, 0);
    return gpuLayers() == 0
        ? new ModelNeed(weights, ModelNeed.Parts.NONE, 0)
        : new ModelNeed(ModelNeed.Parts.NONE, weights, 0);
  }

  private int gpuLayers() {
    Library known = library;
    return known == null || known.gpus() == 0 ? 0 : settings.memory().gpuLayers();
  }

  /**
   * What the model of {@code file} takes, with a draft model where it has one, by what is known of
   * this machine so far.
   */
  ModelNeed estimate(Path file, GgufHeader header, EngineSettings wanted) {
    ModelNeed alone =
        NeedEstimate.of(
            header, wanted.shapeFor(header.contextTokens(), header.isEncoder()), gpuLayers());
    return draftOf(file, header, wanted)
        .map(draft -> alone.plus(draft.need(header, gpuLayers(), draftHeader)))
        .orElse(alone);
  }

  /** The draft model of a main one; its window is not longer than that. */
  private static Optional<DraftFile> draftOf(Path file, GgufHeader header, EngineSettings wanted) {
    return header.isEncoder()
        ? Optional.empty()
        : DraftFile.of(
            wanted.speculation(),
            file,
            draft -> {
              int trained = Math.min(header.contextTokens(), draft.contextTokens());
              int pool = wanted.poolFor(wanted.contextFor(trained));
              int slots = wanted.slots().total();
              int step = Math.max(slots, Math.min(DRAFT_STEP, wanted.batchFor(pool)));
              return new ContextShape(pool, step, slots);
            });
  }

  /**
   * The model of {@code file}.
   *
   * @param residence is told the progress, and asked for the window and whether to go on
   * @throws LlamaException with a client-safe sentence when that cannot be
   */
  LoadedModel load(Path file, Residence residence) throws LlamaException {
    try {
      LoadedModel loaded = read(file, FileMark.of(file), residence);
      metrics.loadDone();
      return loaded;
    } catch (LlamaException failure) {
      throw told(file, failure);
    }
  }

  private LlamaException told(Path file, LlamaException failure) {
    metrics.loadFailed();
    log.warn("model_load_failed").put("file", file.toString()).cause(failure).emit();
    return failure;
  }

  private EngineSettings settingsWith(OptionalInt contextTokens) {
    return contextTokens.isPresent() ? settings.withContext(contextTokens.getAsInt()) : settings;
  }

  /** Tells that {@code loaded} is ready. */
  void report(LoadedModel loaded, long startNanos) {
    var line =
        log.info("model_load_finish")
            .put("model", loaded.name())
            .put("description", loaded.model().description())
            .put("context_tokens", loaded.contextTokens());
    if (loaded.generates()) {
      line.put("pool_tokens", loaded.context().poolTokens());
    }
    if (loaded.generates()) {
      line.put("prompts", loaded.conversations().described());
    }
    loaded.draft().model().ifPresent(draft -> line.put("draft_model", draft.name()));
    line.put("bytes", loaded.taken().total());
    line.put("ms", millisSince(startNanos)).emit();
    if (loaded.generates() && loaded.conversations() instanceof Conversations.Plain) {
      log.warn("model_without_chat_template")
          .put("model", loaded.name())
          .put("message", "The prompt is the plain text of the messages, joined by newlines.")
          .emit();
    }
  }

  /** Frees a model. */
  void unload(LoadedModel loaded) {
    loaded.close();
    log.info("model_unload").put("model", loaded.name()).emit();
  }

  /** Whether {@code loaded} is the file as it is now; a file that vanished is served on. */
  static boolean isCurrent(LoadedModel loaded) {
    return FileMark.of(loaded.file()).map(loaded.mark()::equals).orElse(true)
        && loaded.adapters().areCurrent()
        && loaded.draft().isCurrent();
  }

  private static GgufHeader header(Path file) throws LlamaException {
    try {
      return SplitFiles.readAll(file);
    } catch (GgufException unusable) {
      throw new LlamaException(
          "The file " + file.getFileName() + " " + unusable.getMessage() + ".", unusable);
    }
  }

  private void requireLibrary() throws LlamaException {
    if (library == null) {
      library = librarySource.load();
    }
  }

  private LoadedModel read(Path file, Optional<FileMark> mark, Residence residence)
      throws LlamaException {
    GgufHeader header = header(file);
    requireLibrary();
    long start = time.nanoTime();
    log.info("model_load_start")
        .put("model", file.getFileName().toString())
        .put("file", file.toString())
        .put("bytes", mark.map(FileMark::bytes).orElse(0L))
        .emit();
    HugePages.Watch allocations = HugePages.watch();
    LoadedModel loaded = load(file, mark, header, residence, start);
    moveToHugePages(loaded.name(), allocations.end());
    return loaded;
  }

  private LoadedModel load(
      Path file, Optional<FileMark> mark, GgufHeader header, Residence residence, long start)
      throws LlamaException {
    var progress = new Progress(file.getFileName().toString(), residence, start);
    try {
      return LoadedModel.load(
          library,
          file,
          mark.orElse(new FileMark(0, time.now())),
          header,
          settingsWith(residence.context()),
          model -> adapters(file, header, model),
          model -> draft(file, header, model, residence, progress),
          progress::report);
    } catch (LlamaException failure) {
      throw progress.ended ? new LlamaException(whyEnded(file, residence), failure) : failure;
    }
  }

  private LoadedAdapters adapters(Path file, GgufHeader header, Model model) {
    List<AdapterFile> adapters = adapterSource.of(file);
    return LoadedAdapters.load(adapters, model, header, file, log);
  }

  private LoadedDraft draft(
      Path file, GgufHeader header, Model model, Residence residence, Progress progress)
      throws LlamaException {
    EngineSettings wanted = settingsWith(residence.context());
    Optional<DraftFile> draft = draftOf(file, header, wanted);
    if (draft.isEmpty()) {
      return LoadedDraft.NONE;
    }
    var way =
        new LoadedDraft.Way(library, wanted.memory(), wanted.threads(), _ -> progress.report(1));
    return LoadedDraft.load(draft.get(), header, model, way, log);
  }

  private String whyEnded(Path file, Residence residence) {
    if (closing.getAsBoolean()) {
      return "The load was ended because the server is shutting down.";
    }
    return residence.isCancelled()
        ? Residence.CANCELLED
        : "The file "
            + file.getFileName()
            + " did not load within "
            + settings.loadLimit().toSeconds()
            + " s; raise providers.local.load_timeout_seconds.";
  }

  /** Aside: requests need not wait for it, and nothing is wrong when it does not come to an end. */
  private void moveToHugePages(String name, HugePages allocations) {
    Thread.ofPlatform()
        .daemon()
        .name("llm-huge-pages")
        .start(() -> {
          long start = time.nanoTime();
          long bytes = allocations.move();
          log.debug("model_in_huge_pages")
              .put("model", name)
              .put("mb", bytes >> 20)
              .put("ms", millisSince(start))
              .emit();
        });
  }

  private double millisSince(long start) {
    return (time.nanoTime() - start) / 1e6;
  }

  /** Logs each step of a load once, and ends it when it takes too long or the server closes. */
  private final class Progress {
    private final String name;
    private final Residence residence;
    private final long start;
    private int reported;
    private long toldNanos;
    private boolean ended;

    private Progress(String name, Residence residence, long start) {
      this.name = name;
      this.residence = residence;
      this.start = start;
      this.toldNanos = start;
    }

    private boolean report(float share) {
      residence.loading(share);
      int percent = (int) (share * 100) / PROGRESS_STEP * PROGRESS_STEP;
      if (percent > reported) {
        reported = percent;
        long now = time.nanoTime();
        boolean worthALine = now - toldNanos >= TELL_AGAIN.toNanos();
        toldNanos = worthALine ? now : toldNanos;
        log.at(worthALine ? Level.INFO : Level.DEBUG, "model_load_progress")
            .put("model", name)
            .put("percent", percent)
            .put("ms", millisSince(start))
            .emit();
      }
      Duration taken = Duration.ofNanos(time.nanoTime() - start);
      ended =
          closing.getAsBoolean()
              || residence.isCancelled()
              || taken.compareTo(settings.loadLimit()) > 0;
      return !ended;
    }
  }
}
