package llm.gpu.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.gpu.ffi.Callbacks;
import llm.gpu.ffi.Constants;
import llm.gpu.ffi.Embeddings;
import llm.gpu.ffi.ModelParams;
import llm.gpu.ffi.Models;

/**
 * A loaded model. Contexts and adapters made from it are closed with it. Belongs to the thread that
 * loaded it.
 *
 * <p>The file is read into memory, never mapped: a mapped file that is truncated or lies on a disk
 * that goes away would end the process with SIGBUS at the next access.
 */
public final class Model implements AutoCloseable {
  private static final int DESCRIPTION_BYTES = 256;

  private final Handle handle;
  private final Weights weights;
  private final Vocabulary vocabulary;
  private final List<NativeContext> contexts = new ArrayList<>();
  private final List<Adapter> adapters = new ArrayList<>();

  private enum Weights {
    LOADED,
    ABSENT
  }

  private Model(Handle handle, Weights weights) throws LlamaException {
    this.handle = handle;
    this.weights = weights;
    this.vocabulary = new Vocabulary(this);
  }

  /**
   * Loads {@code file}, whose header the caller has checked. Blocks; a large model takes a while.
   *
   * @param library proof that the library is there
   * @param progress is told shares from 0 to 1 on this thread; answering false ends the load
   * @throws LlamaException when llama.cpp declines it (the native log says why), the load was
   *     ended, or the model does not generate text
   */
  public static Model load(Library library, Path file, Callbacks.Progress progress)
      throws LlamaException {
    return load(library, file, ModelParams.ALL_LAYERS, 0, progress);
  }

  /**
   * The same; where there is a graphics processor, it computes so many layers.
   *
   * @param gpuLayers from the last one; {@link ModelParams#ALL_LAYERS} for all
   * @param gpu which one, from 0
   */
  public static Model load(
      Library library, Path file, int gpuLayers, int gpu, Callbacks.Progress progress)
      throws LlamaException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = params(arena);
      if (library.gpus() > 0) {
        ModelParams.onGpu(params, gpuLayers, gpu);
      }
      ModelParams.progressCallback(params, Callbacks.progress(progress, arena));
      return owned(load(library, file, params, arena), Weights.LOADED);
    }
  }

  /**
   * Loads the tokens of {@code file} and no weights: quick, and enough to tokenize. Such a model
   * makes no context.
   *
   * @throws LlamaException when llama.cpp declines it
   */
  public static Model loadVocabulary(Library library, Path file) throws LlamaException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = params(arena);
      ModelParams.vocabOnly(params);
      return owned(load(library, file, params, arena), Weights.ABSENT);
    }
  }

  private static MemorySegment params(Arena arena) {
    MemorySegment params = Models.defaultParams(arena);
    ModelParams.loadMode(params, Constants.LLAMA_LOAD_MODE_NONE);
    ModelParams.lazyMode(params, Constants.LLAMA_LAZY_MODE_OFF);
    return params;
  }

  private static Handle load(Library library, Path file, MemorySegment params, Arena arena)
      throws LlamaException {
    return new Handle(
        "model",
        Models.load(arena.allocateFrom(file.toString()), params),
        "llama.cpp " + library.version() + " could not load the file.");
  }

  /** The model of {@code handle}, which is freed when that is none to work with. */
  private static Model owned(Handle handle, Weights weights) throws LlamaException {
    boolean accepted = false;
    try {
      if (weights == Weights.LOADED) {
        requireGenerating(handle.get());
      }
      Model model = new Model(handle, weights);
      accepted = true;
      return model;
    } finally {
      if (!accepted) {
        Models.free(handle.take());
      }
    }
  }

  private static void requireGenerating(MemorySegment pointer) throws LlamaException {
    if (!Models.hasDecoder(pointer) || Models.hasEncoder(pointer) || Models.isDiffusion(pointer)) {
      throw new LlamaException("It is not a model that generates text token by token.");
    }
  }

  /** Its tokens; lives as long as the model. */
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** What it is, as {@code llama 7B Q4_K - Medium}. */
  public String description() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(DESCRIPTION_BYTES);
      Models.describe(pointer(), buffer, DESCRIPTION_BYTES);
      return buffer.getString(0);
    }
  }

  /** The window it was trained for, in tokens. */
  public int trainedContext() {
    return Models.trainedContext(pointer());
  }

  /**
   * Whether its memory can be cut back to any earlier position; states of recurrent models cannot.
   */
  public boolean cutsBack() {
    return !Models.holdsStates(pointer());
  }

  /**
   * How many tokens some of its layers look back, which forget what lies before; 0 when all see all
   * of a sequence.
   */
  public int slidingWindow() {
    return Models.slidingWindow(pointer());
  }

  /** The file's own chat template; empty when it has none. */
  public Optional<String> chatTemplate() {
    return Optional.of(Models.chatTemplate(pointer())).filter(template -> !template.isBlank());
  }

  /**
   * A context over this model.
   *
   * @throws LlamaException when there is not the memory for it
   */
  public Context newContext(ContextOptions options) throws LlamaException {
    requireWeights();
    Context context = Context.create(this, options);
    contexts.add(context);
    return context;
  }

  /**
   * A LoRA adapter of this model; to be made before the contexts, which reserve room for it. Blocks
   * while it is read.
   *
   * @param file whose header the caller has compared with the model's
   * @throws LlamaException when llama.cpp declines it (the native log says why)
   */
  public Adapter newAdapter(Path file) throws LlamaException {
    requireWeights();
    if (!contexts.isEmpty()) {
      throw new IllegalStateException("adapters are loaded before contexts are made");
    }
    var adapter = new Adapter(this, file);
    adapters.add(adapter);
    return adapter;
  }

  /** How long the vectors are that it makes. */
  public int dimensions() {
    return Embeddings.dimensions(pointer());
  }

  /**
   * A context over this model that makes vectors.
   *
   * @throws LlamaException when there is not the memory for it, or the model makes none
   */
  public EmbeddingContext newEmbeddingContext(EmbeddingContext.Options options)
      throws LlamaException {
    requireWeights();
    EmbeddingContext context = EmbeddingContext.create(this, options);
    contexts.add(context);
    return context;
  }

  /**
   * Lets nobody read its text any more and waits for those who do; {@link #close} does so too,
   * where it was not done before. Any thread.
   */
  public void stopReading() {
    vocabulary.close();
  }

  /** Frees the model and its contexts. Idempotent. */
  @Override
  public void close() {
    List.copyOf(contexts).forEach(NativeContext::close);
    adapters.forEach(Adapter::free);
    adapters.clear();
    MemorySegment pointer = handle.take();
    if (pointer.address() != 0) {
      vocabulary.close();
      Models.free(pointer);
    }
  }

  private void requireWeights() {
    if (weights == Weights.ABSENT) {
      throw new IllegalStateException("only the vocabulary of this model is loaded");
    }
  }

  MemorySegment pointer() {
    return handle.get();
  }

  void forget(NativeContext context) {
    contexts.remove(context);
  }

  /** A LoRA adapter in memory, of one model and on its thread. */
  public static final class Adapter {
    private final Model model;
    private final Handle handle;

    private Adapter(Model model, Path file) throws LlamaException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment path = arena.allocateFrom(file.toString());
        this.model = model;
        this.handle =
            new Handle(
                "adapter",
                Models.loadAdapter(model.pointer(), path),
                "llama.cpp could not load the adapter.");
      }
    }

    /**
     * An adapter, and how much of it.
     *
     * @param scale finite
     */
    public record Use(Adapter adapter, float scale) {
      /** Rejects a scale that would make every logit none. */
      public Use {
        if (!Float.isFinite(scale)) {
          throw new IllegalArgumentException("scale " + scale + " must be finite");
        }
      }
    }

    /** The pointer, for a context of {@code asking}. */
    MemorySegment pointerFor(Model asking) {
      if (asking != model) {
        throw new IllegalArgumentException("the adapter is one of another model");
      }
      return handle.get();
    }

    private void free() {
      Models.freeAdapter(handle.take());
    }
  }
}
