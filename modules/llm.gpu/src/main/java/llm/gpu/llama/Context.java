package llm.gpu.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import llm.gpu.ffi.Callbacks;
import llm.gpu.ffi.ContextParams;
import llm.gpu.ffi.Contexts;

/**
 * The state of one sequence: what a model has read so far. Belongs to its model's thread, but for
 * {@link #abortWhen}'s condition, which native threads ask.
 */
public final class Context implements AutoCloseable {
  private final Model model;
  private final Handle handle;
  private final Arena arena;
  private final int contextTokens;
  private final int batchTokens;
  private final BitSet outputs = new BitSet(); // indices with logits of the last decode
  private volatile Callbacks.Abort abort = () -> false;

  private Context(Model model, Handle handle, Arena arena, ContextOptions options) {
    this.model = model;
    this.handle = handle;
    this.arena = arena;
    // llama.cpp rounds the window up; what was asked for stays the limit
    this.contextTokens = Math.min(options.contextTokens(), Contexts.contextTokens(handle.get()));
    this.batchTokens = Contexts.batchTokens(handle.get());
  }

  static Context create(Model model, ContextOptions options) throws LlamaException {
    Arena arena = Arena.ofShared(); // native threads call the stub that lives in it
    boolean created = false;
    try {
      MemorySegment params = Contexts.defaultParams(arena);
      ContextParams.contextTokens(params, options.contextTokens());
      ContextParams.batchTokens(params, options.batchTokens());
      ContextParams.threads(params, options.threads());
      var handle =
          new Handle(
              "context",
              Contexts.create(model.pointer(), params),
              "There is not enough memory for a context of "
                  + options.contextTokens()
                  + " tokens; lower providers.local.context_tokens.");
      var context = new Context(model, handle, arena, options);
      Contexts.abortBy(handle.get(), Callbacks.abort(() -> context.abort.abort(), arena));
      created = true;
      return context;
    } finally {
      if (!created) {
        arena.close();
      }
    }
  }

  /** How a decode ended. */
  public enum Outcome {
    /** The tokens are part of the sequence. */
    DONE,
    /** The window has no room for them; the sequence is as before. */
    NO_ROOM,
    /** It was ended by {@link #abortWhen}; some of the tokens may be part of the sequence. */
    ABORTED
  }

  /** The window in tokens. */
  public int contextTokens() {
    return contextTokens;
  }

  /** The most tokens of one decode. */
  public int batchTokens() {
    return batchTokens;
  }

  /** Ends a running decode as soon as {@code condition} holds. Any thread; must be cheap. */
  public void abortWhen(Callbacks.Abort condition) {
    abort = condition;
  }

  /**
   * Computes the batch's tokens; blocks meanwhile.
   *
   * @throws IllegalArgumentException when the batch is empty or larger than {@link #batchTokens()}
   * @throws LlamaException when llama.cpp refuses it: a token that is not in the vocabulary, or a
   *     position that does not follow
   */
  public Outcome decode(Batch batch) throws LlamaException {
    MemorySegment pointer = handle.get();
    if (batch.size() < 1 || batch.size() > batchTokens) {
      throw new IllegalArgumentException(
          "a batch holds 1 to " + batchTokens + " tokens, this one " + batch.size());
    }
    outputs.clear();
    int code = Contexts.decode(pointer, batch.segment());
    return switch (code) {
      case 0 -> {
        batch.copyOutputs(outputs);
        yield Outcome.DONE;
      }
      case 1 -> Outcome.NO_ROOM;
      case 2 -> Outcome.ABORTED;
      default -> throw new LlamaException("llama.cpp could not compute the batch (" + code + ").");
    };
  }

  /** Forgets everything: the next token is at position 0. */
  public void clear() {
    outputs.clear();
    Contexts.clearMemory(handle.get());
  }

  /** Frees the context. Idempotent. */
  @Override
  public void close() {
    MemorySegment pointer = handle.take();
    if (pointer.address() != 0) {
      Contexts.free(pointer);
      arena.close();
      model.forget(this);
    }
  }

  Model model() {
    return model;
  }

  /**
   * The context, when the last decode left logits at {@code index} of its batch.
   *
   * @throws IllegalStateException when it did not
   */
  MemorySegment pointerWithLogits(int index) {
    MemorySegment pointer = handle.get();
    if (index < 0 || !outputs.get(index)) {
      throw new IllegalStateException("the last decode left no logits at index " + index);
    }
    return pointer;
  }
}
