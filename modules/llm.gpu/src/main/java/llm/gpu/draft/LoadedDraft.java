package llm.gpu.draft;

import java.nio.file.Path;
import java.util.Optional;
import llm.core.telemetry.Log;
import llm.gpu.ffi.Callbacks;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.Library;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.llama.Vocabulary;
import llm.gpu.memory.ContextShape;
import llm.gpu.memory.MemorySettings;

/**
 * The draft model that was loaded with a main one, or why it was not: the main model serves all the
 * same. Its thread owns it.
 */
public final class LoadedDraft implements AutoCloseable {
  /** There is none. */
  public static final LoadedDraft NONE =
      new LoadedDraft(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  private final Optional<Path> file;
  private final Optional<FileMark> mark;
  private final Optional<DraftModel> model;
  private final Optional<String> problem;

  private LoadedDraft(
      Optional<Path> file,
      Optional<FileMark> mark,
      Optional<DraftModel> model,
      Optional<String> problem) {
    this.file = file;
    this.mark = mark;
    this.model = model;
    this.problem = problem;
  }

  /**
   * How it is loaded.
   *
   * @param threads that compute
   * @param progress asked whether to go on
   */
  public record Way(
      Library library, MemorySettings memory, int threads, Callbacks.Progress progress) {}

  /**
   * Loads what {@code draft} names for a main model in memory; blocks. Trouble with it is logged.
   *
   * @param header the main model's
   * @throws LlamaException when the load is to end
   */
  public static LoadedDraft load(DraftFile draft, GgufHeader header, Model main, Way way, Log log)
      throws LlamaException {
    Optional<FileMark> mark = FileMark.of(draft.file());
    Optional<Path> file = Optional.of(draft.file());
    String problem;
    try {
      GgufHeader mine = draft.fitting(header);
      DraftModel model = read(draft, mine, main.vocabulary(), way);
      return new LoadedDraft(file, mark, Optional.of(model), Optional.empty());
    } catch (LlamaException unusable) {
      if (!way.progress().progress(1)) {
        throw unusable; // the load as a whole is ended
      }
      problem = unusable.getMessage();
    }
    log.warn("draft_model_problem")
        .put("model", draft.main().getFileName().toString())
        .put("file", draft.file().toString())
        .put("problem", problem)
        .emit();
    return new LoadedDraft(file, mark, Optional.empty(), Optional.of(problem));
  }

  private static DraftModel read(DraftFile draft, GgufHeader header, Vocabulary main, Way way)
      throws LlamaException {
    String name = draft.file().getFileName().toString();
    try {
      Model model = read(draft.file(), way);
      boolean fits = false;
      try {
        requireFits(model, main, draft.main());
        fits = true;
      } finally {
        if (!fits) {
          model.close();
        }
      }
      ContextShape shape = draft.shape().apply(header);
      int window = Math.min(shape.poolTokens(), model.trainedContext());
      return new DraftModel(name, model, options(shape, way.threads()), window);
    } catch (LlamaException declined) {
      throw new LlamaException(
          "The draft model " + name + " cannot be used: " + declined.getMessage(), declined);
    }
  }

  private static Model read(Path file, Way way) throws LlamaException {
    Callbacks.Progress progress = _ -> way.progress().progress(1);
    MemorySettings memory = way.memory();
    return way.library().gpus() == 0
        ? Model.load(way.library(), file, progress)
        : Model.load(way.library(), file, memory.gpuLayers(), memory.gpuIndex(), progress);
  }

  private static ContextOptions options(ContextShape shape, int threads) {
    return new ContextOptions(
        shape.poolTokens(), shape.batchTokens(), shape.sequences(), shape.outputs(), threads);
  }

  private static void requireFits(Model model, Vocabulary main, Path mainFile)
      throws LlamaException {
    if (!model.cutsBack()) {
      throw new LlamaException("Its memory cannot be cut back to what was right of a draft.");
    }
    Vocabulary mine = model.vocabulary();
    require("tokens", mine.size(), main.size(), mainFile);
    require("the BOS token", mine.beginToken(), main.beginToken(), mainFile);
    require("the EOS token", mine.endToken(), main.endToken(), mainFile);
  }

  private static void require(String what, int mine, int other, Path mainFile)
      throws LlamaException {
    if (mine != other) {
      throw new LlamaException(
          "Its vocabulary has "
              + what
              + " "
              + mine
              + ", and that of "
              + mainFile.getFileName()
              + " "
              + other
              + ".");
    }
  }

  /** The model; empty where there is none, or none to be used. */
  public Optional<DraftModel> model() {
    return model;
  }

  /**
   * What to tell of it, behind the main model's name; empty text where there is none. Any thread.
   */
  public String described() {
    Optional<String> why = model.isPresent() ? model.flatMap(LoadedDraft::whyGivenUp) : problem;
    return why.map(reason -> " without a draft model (" + reason + ")")
        .or(() -> model.map(one -> " with the draft model " + one.name()))
        .orElse("");
  }

  private static Optional<String> whyGivenUp(DraftModel model) {
    return model
        .failure()
        .map(
            why -> "The draft model " + model.name() + " was given up until the next load: " + why);
  }

  /** Whether the file is as it was; one that vanished is served from memory. */
  public boolean isCurrent() {
    return file.flatMap(FileMark::of).map(now -> Optional.of(now).equals(mark)).orElse(true);
  }

  @Override
  public void close() {
    model.ifPresent(DraftModel::close);
  }
}
