package llm.gpu.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Marks;
import llm.gpu.adapter.LoadedAdapters;
import llm.gpu.draft.LoadedDraft;
import llm.gpu.ffi.Callbacks;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.FileSample;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.Library;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.llama.Pooling;
import llm.gpu.memory.Allocations;
import llm.gpu.memory.MemorySettings;
import llm.gpu.memory.ModelNeed;
import llm.gpu.prefix.Origin;
import llm.gpu.prefix.PrefixFiles;
import llm.gpu.text.Conversations;
import llm.gpu.text.Fallback;
import llm.gpu.text.ModelTemplates;
import llm.gpu.text.SamplingDefaults;

/** A model in memory with what its requests are computed in. The engine's thread owns it. */
final class LoadedModel implements PrefixFiles.Source, AutoCloseable {
  private final Path file;
  private final FileMark mark;
  private final Model model;
  private final GgufHeader header;
  private final Optional<Context> context; // empty for an encoder
  private final int contextTokens;
  private final Optional<Batch> batch;
  private final Conversations conversations;
  private final LoadedAdapters adapters;
  private final LoadedDraft draft;
  private final SamplingDefaults sampling;
  private final Optional<Fallback> fallback;
  private final ModelNeed atLoad;
  private volatile ModelNeed ofVectors = ModelNeed.NONE;

  private LoadedModel(
      Path file,
      FileMark mark,
      GgufHeader header,
      Model model,
      Optional<Context> context,
      int contextTokens,
      LoadedAdapters adapters,
      LoadedDraft draft,
      ModelNeed taken,
      ModelTemplates templates) {
    this.file = file;
    this.mark = mark;
    this.header = header;
    this.model = model;
    this.adapters = adapters;
    this.draft = draft;
    this.sampling = SamplingDefaults.of(header);
    this.fallback = Fallback.of(header);
    this.context = context;
    this.contextTokens = contextTokens;
    this.atLoad = taken;
    this.batch = context.map(made -> new Batch(made.batchTokens(), made.sequences()));
    var vocabulary = model.vocabulary();
    this.conversations =
        templates.of(
            model.chatTemplate(),
            header.toolTemplate(),
            new Marks(vocabulary.beginName(), vocabulary.endName()));
  }

  /** Loads a model with its adapters. */
  @FunctionalInterface
  interface AdapterLoader {
    LoadedAdapters load(Model model);
  }

  /** Loads the draft model beside a model. */
  @FunctionalInterface
  interface DraftLoader {
    LoadedDraft load(Model model) throws LlamaException;
  }

  /**
   * Loads {@code file} and its adapters, makes the context it generates in, and loads the draft
   * model beside it.
   */
  static LoadedModel load(
      Library library,
      Path file,
      FileMark mark,
      GgufHeader header,
      EngineSettings settings,
      AdapterLoader adapterLoader,
      DraftLoader draftLoader,
      Callbacks.Progress progress)
      throws LlamaException {
    try (Allocations taken = Allocations.record()) {
      Model model = load(library, file, settings.memory(), progress);
      LoadedDraft draft = LoadedDraft.NONE;
      boolean complete = false;
      try {
        int window = settings.contextFor(model.trainedContext());
        LoadedAdapters adapters = adapterLoader.load(model); // before the context, which counts it
        Optional<Context> context =
            header.isEncoder() ? Optional.empty() : Optional.of(context(model, window, settings));
        int pool = context.map(Context::poolTokens).orElse(0);
        long alone = taken.sum(pool).total();
        draft = context.isPresent() ? draftLoader.load(model) : draft;
        ModelNeed all = taken.sum(pool);
        var loaded =
            new LoadedModel(
                file,
                mark,
                header,
                model,
                context,
                window,
                adapters,
                draft,
                all.withDraft(all.total() - alone),
                settings.templates());
        complete = true;
        return loaded;
      } finally {
        if (!complete) {
          draft.close();
          model.close();
        }
      }
    }
  }

  private static Model load(
      Library library, Path file, MemorySettings memory, Callbacks.Progress progress)
      throws LlamaException {
    return library.gpus() == 0
        ? Model.load(library, file, progress)
        : Model.load(library, file, memory.gpuLayers(), memory.gpuIndex(), progress);
  }

  private static Context context(Model model, int window, EngineSettings settings)
      throws LlamaException {
    int pool = settings.poolFor(window);
    return model.newContext(
        new ContextOptions(
            pool,
            settings.batchFor(pool),
            settings.sequences(),
            settings.outputs(),
            settings.threads()));
  }

  /** Whether it generates text; an encoder does not. */
  boolean generates() {
    return context.isPresent();
  }

  /**
   * How its vectors are made.
   *
   * @throws LlamaException when it makes none
   */
  Pooling pooling(EngineSettings.Vectors settings) throws LlamaException {
    return settings.pooling().isPresent()
        ? settings.pooling().get()
        : Pooling.ofFile(header.poolingType().orElse(0L));
  }

  Path file() {
    return file;
  }

  /** All files of it: more than one when it is split. */
  List<Path> files() throws GgufException {
    return SplitFiles.all(file, header);
  }

  /** The file as it was when it was loaded. */
  FileMark mark() {
    return mark;
  }

  /** The file's name, for logs and reports. */
  @Override
  public String name() {
    return file.getFileName().toString();
  }

  Model model() {
    return model;
  }

  /** What it generates in; only of one that generates. */
  @Override
  public Context context() {
    return context.orElseThrow();
  }

  /** The window: the most tokens of one prompt and its answer together. */
  int contextTokens() {
    return contextTokens;
  }

  /** The steps' tokens; only of one that generates. */
  Batch batch() {
    return batch.orElseThrow();
  }

  /** Its adapters. */
  LoadedAdapters adapters() {
    return adapters;
  }

  /** The draft model beside it. */
  LoadedDraft draft() {
    return draft;
  }

  /**
   * What states belong to. The pool is part of it, for some models turn positions by other angles
   * in a larger context ({@code llama_model::get_rope_factors}).
   *
   * @throws IOException when the file cannot be read or is another one by now
   */
  @Override
  public Origin origin() throws IOException, GgufException {
    String sample = FileSample.of(files());
    if (!ModelLoader.isCurrent(this)) {
      throw new IOException("The file was changed while it was loaded.");
    }
    String file =
        String.join(
            "\n", name(), Long.toString(mark.bytes()), mark.modified().toString(), Library.VERSION);
    return new Origin(file, sample + "\n" + context().poolTokens(), adapters.samples());
  }

  /** The memory it takes, as llama.cpp told. Any thread. */
  ModelNeed taken() {
    return atLoad.plus(ofVectors);
  }

  /** What its vectors are computed in takes so much now. */
  void takesForVectors(ModelNeed bytes) {
    ofVectors = bytes;
  }

  /** How tokens are chosen where a request does not say. */
  SamplingDefaults sampling() {
    return sampling;
  }

  /** What it says where it is not sure; empty for almost all. */
  Optional<Fallback> fallback() {
    return fallback;
  }

  /** How its conversations look. */
  Conversations conversations() {
    return conversations;
  }

  @Override
  public void close() {
    batch.ifPresent(Batch::close);
    draft.close();
    model.close();
  }
}
