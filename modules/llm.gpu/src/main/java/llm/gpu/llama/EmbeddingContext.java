package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.embedding.Embedding;
import llm.gpu.ffi.Callbacks;
import llm.gpu.ffi.ContextParams;
import llm.gpu.ffi.Contexts;
import llm.gpu.ffi.Embeddings;
import llm.gpu.ffi.Memories;

/**
 * Makes vectors of texts, several in one decode, each as a sequence of its own; nothing is
 * remembered from one decode to the next. Belongs to its model's thread, but for {@link
 * #abortWhen}'s condition, which native threads ask.
 *
 * <p>All of a decode is computed in one piece ({@code n_ubatch} is {@code n_batch}): attention that
 * looks ahead aborts the process otherwise, and a mean over pieces would be that of the last one.
 */
public final class EmbeddingContext implements NativeContext {
  private final Model model;
  private final Handle handle;
  private final Arena arena;
  private final Options options;
  private final int dimensions;
  private final int longest;
  private final MemorySegment memory; // NULL in encoders, which have none
  private final Batch batch;
  private volatile Callbacks.Abort abort = () -> false;

  /**
   * How a context for vectors is made. Its memory grows with {@code batchTokens}, and the more so
   * the larger the vocabulary: llama.cpp keeps a row of logits for each token, wanted or not.
   *
   * @param batchTokens the most tokens of one decode, all texts together; so also of the longest
   *     text
   * @param sequences the most texts of one decode, 1 to {@code batchTokens} and to {@link
   *     ContextOptions#MAX_SEQUENCES}
   * @param threads threads that compute
   * @param pooling how a text's vectors become one
   */
  public record Options(int batchTokens, int sequences, int threads, Pooling pooling) {
    /** Rejects numbers outside their ranges; some of them would abort the process. */
    public Options {
      if (batchTokens < 1 || threads < 1) {
        throw new IllegalArgumentException(
            "batch and threads must be 1 or more, got " + batchTokens + " and " + threads);
      }
      if (sequences < 1 || sequences > Math.min(batchTokens, ContextOptions.MAX_SEQUENCES)) {
        throw new IllegalArgumentException(
            sequences
                + " sequences must be 1 to "
                + Math.min(batchTokens, ContextOptions.MAX_SEQUENCES));
      }
    }
  }

  private EmbeddingContext(Model model, Handle handle, Arena arena, Batch batch, Options options) {
    this.model = model;
    this.handle = handle;
    this.arena = arena;
    this.options = options;
    this.dimensions = model.dimensions();
    this.longest = Math.min(options.batchTokens(), model.trainedContext());
    this.memory = Memories.of(handle.get());
    this.batch = batch;
  }

  static EmbeddingContext create(Model model, Options options) throws LlamaException {
    if (!model.cutsBack()) {
      throw new LlamaException("It is a recurrent model; vectors are not made of its states.");
    }
    Arena arena = Arena.ofShared(); // native threads call the stub that lives in it
    MemorySegment pointer = MemorySegment.NULL;
    Optional<Batch> batch = Optional.empty();
    boolean created = false;
    try {
      MemorySegment params = Contexts.defaultParams(arena);
      ContextParams.contextTokens(params, options.batchTokens());
      ContextParams.batchTokens(params, options.batchTokens());
      ContextParams.embeddings(params, options.pooling().code(), options.sequences());
      ContextParams.threads(params, options.threads());
      pointer = Contexts.create(model.pointer(), params);
      var handle =
          new Handle(
              "embedding context",
              pointer,
              "There is not enough memory for vectors of "
                  + options.batchTokens()
                  + " tokens at once; lower providers.local.embedding_tokens.");
      batch = Optional.of(new Batch(options.batchTokens(), options.sequences()));
      var context = new EmbeddingContext(model, handle, arena, batch.get(), options);
      Contexts.abortBy(handle.get(), Callbacks.abort(() -> context.abort.abort(), arena));
      created = true;
      return context;
    } finally {
      if (!created) {
        Contexts.free(pointer); // NULL may be freed
        batch.ifPresent(Batch::close);
        arena.close();
      }
    }
  }

  /** How long its vectors are. */
  public int dimensions() {
    return dimensions;
  }

  /** The most tokens of one decode. */
  public int batchTokens() {
    return options.batchTokens();
  }

  /** The most tokens of one text: positions beyond those that were trained abort the process. */
  public int longest() {
    return longest;
  }

  /** The most texts of one decode. */
  public int sequences() {
    return options.sequences();
  }

  /** Ends decodes as soon as {@code condition} holds. Any thread; must be cheap. */
  public void abortWhen(Callbacks.Abort condition) {
    abort = condition;
  }

  /**
   * A vector of length 1 for each text, in one decode; blocks meanwhile.
   *
   * @param texts tokens of each, 1 to {@link #longest()}; 1 to {@link #sequences()} texts, {@link
   *     #batchTokens()} tokens at most in all
   * @return the vectors in the order of the texts; empty when it was aborted
   * @throws IllegalArgumentException when there are more or fewer
   * @throws LlamaException when llama.cpp refuses them (a token that is not in the vocabulary), or
   *     the model computes no numbers
   */
  public Optional<List<Embedding>> embed(List<int[]> texts) throws LlamaException {
    MemorySegment pointer = handle.get();
    fill(texts);
    if (memory.address() != 0) {
      Memories.clear(memory);
    }
    int code = Contexts.decode(pointer, batch.segment());
    return switch (code) {
      case 0 -> Optional.of(vectors(pointer, texts.size()));
      case 2 -> Optional.empty();
      case 1 -> throw new LlamaException("The model's memory has no room for the texts.");
      default -> throw new LlamaException("llama.cpp could not compute the texts (" + code + ").");
    };
  }

  /** Frees the context. Idempotent. */
  @Override
  public void close() {
    MemorySegment pointer = handle.take();
    if (pointer.address() != 0) {
      Contexts.free(pointer);
      batch.close();
      arena.close();
      model.forget(this);
    }
  }

  private void fill(List<int[]> texts) {
    long tokens = 0;
    for (int[] text : texts) {
      tokens += text.length;
      if (text.length < 1 || text.length > longest) {
        throw new IllegalArgumentException(
            "a text has 1 to " + longest + " tokens, this one " + text.length);
      }
    }
    if (texts.isEmpty() || texts.size() > sequences() || tokens > batchTokens()) {
      throw new IllegalArgumentException(
          "a decode takes 1 to "
              + sequences()
              + " texts of at most "
              + batchTokens()
              + " tokens in all, not "
              + texts.size()
              + " of "
              + tokens);
    }
    batch.clear();
    for (int sequence = 0; sequence < texts.size(); sequence++) {
      int[] text = texts.get(sequence);
      for (int position = 0; position < text.length; position++) {
        batch.add(text[position], position, sequence);
        batch.askForLogits(); // pooling takes every token for an output
      }
    }
  }

  private List<Embedding> vectors(MemorySegment pointer, int count) throws LlamaException {
    var vectors = new ArrayList<Embedding>(count);
    for (int sequence = 0; sequence < count; sequence++) {
      MemorySegment vector = Embeddings.ofSequence(pointer, sequence);
      if (vector.address() == 0) {
        throw new LlamaException("llama.cpp made no vector of a text.");
      }
      float[] numbers = vector.reinterpret((long) dimensions * Float.BYTES).toArray(JAVA_FLOAT);
      try {
        vectors.add(Embedding.of(numbers).normalised());
      } catch (IllegalArgumentException none) {
        throw new LlamaException(
            "The model computed numbers that are none; its file is damaged.", none);
      }
    }
    return vectors;
  }
}
