package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import llm.gpu.ffi.Callbacks;
import llm.gpu.ffi.ContextParams;
import llm.gpu.ffi.Contexts;
import llm.gpu.ffi.Memories;

/**
 * What a model has read: a number of sequences that share one pool of token places. A place can
 * belong to several sequences, so that a common prefix is kept once. Belongs to its model's thread,
 * but for {@link #abortWhen}'s condition, which native threads ask.
 */
public final class Context implements Sequences, SequenceStates, NativeContext {
  private static final int OPEN_END = -1;

  private final Model model;
  private final Handle handle;
  private final Arena arena;
  private final int poolTokens;
  private final int batchTokens;
  private final int sequences;
  private final int outputLimit; // of one decode
  private final int slidingWindow; // tokens; 0 for none
  private final boolean cutsBack;
  private final MemorySegment memory;
  private final MemorySegment abortStub;
  private final BitSet outputs = new BitSet(); // indices with logits of the last decode
  private volatile Callbacks.Abort abort;
  private boolean abortable;
  private List<Model.Adapter.Use> adapted = List.of();

  private Context(Model model, Handle handle, Arena arena, ContextOptions options) {
    this.model = model;
    this.handle = handle;
    this.arena = arena;
    // llama.cpp rounds the pool up; what was asked for stays the limit
    this.poolTokens = Math.min(options.poolTokens(), Contexts.contextTokens(handle.get()));
    this.batchTokens = Contexts.batchTokens(handle.get());
    this.sequences = Contexts.sequences(handle.get());
    this.outputLimit = options.outputs();
    this.slidingWindow = model.slidingWindow();
    this.cutsBack = model.cutsBack();
    this.memory = Memories.of(handle.get());
    this.abortStub = Callbacks.abort(() -> abort.abort(), arena);
  }

  static Context create(Model model, ContextOptions options) throws LlamaException {
    Arena arena = Arena.ofShared(); // native threads call the stub that lives in it
    MemorySegment pointer = MemorySegment.NULL;
    boolean created = false;
    try {
      MemorySegment params = Contexts.defaultParams(arena);
      ContextParams.contextTokens(params, options.poolTokens());
      ContextParams.batchTokens(params, options.batchTokens());
      ContextParams.sequences(params, options.sequences(), options.outputs());
      ContextParams.threads(params, options.threads());
      pointer = Contexts.create(model.pointer(), params);
      var handle =
          new Handle(
              "context",
              pointer,
              "There is not enough memory for a context of "
                  + options.poolTokens()
                  + " tokens; lower providers.local.context_tokens or pool_tokens.");
      requireMemory(pointer);
      var context = new Context(model, handle, arena, options);
      created = true;
      return context;
    } finally {
      if (!created) {
        Contexts.free(pointer); // NULL may be freed
        arena.close();
      }
    }
  }

  /** A model without a memory reads whole texts alone; it generates none. */
  private static void requireMemory(MemorySegment pointer) throws LlamaException {
    if (Memories.of(pointer).address() == 0) {
      throw new LlamaException("It makes embeddings only and generates no text.");
    }
  }

  /** How a decode ended. */
  public enum Outcome {
    /** The tokens are part of their sequences. */
    DONE,
    /** The pool has no room for them; every sequence is as before. */
    NO_ROOM,
    /** It was ended by {@link #abortWhen}; what its sequences remember is not certain. */
    ABORTED
  }

  /** Token places, of all sequences together. */
  public int poolTokens() {
    return poolTokens;
  }

  /** The most tokens of one decode. */
  public int batchTokens() {
    return batchTokens;
  }

  /** The most outputs of one decode. */
  public int outputLimit() {
    return outputLimit;
  }

  @Override
  public int sequences() {
    return sequences;
  }

  /**
   * Ends the decodes that follow as soon as {@code condition} holds. Asked by any thread, a few
   * hundred times a decode: it must be cheap, and a decode that takes less than a millisecond is
   * better off without ({@link #neverAbort}).
   */
  public void abortWhen(Callbacks.Abort condition) {
    abort = condition;
    if (!abortable) {
      Contexts.abortBy(handle.get(), abortStub);
      abortable = true;
    }
  }

  /** Lets the decodes that follow run to their ends. */
  public void neverAbort() {
    if (abortable) {
      Contexts.abortBy(handle.get(), MemorySegment.NULL);
      abortable = false;
    }
  }

  /**
   * Computes the decodes that follow with these adapters, and no others. A change costs a few
   * milliseconds at the next decode.
   *
   * @param uses of adapters of this context's model
   */
  public void adapt(List<Model.Adapter.Use> uses) {
    MemorySegment pointer = handle.get();
    if (uses.equals(adapted)) {
      return;
    }
    try (Arena lists = Arena.ofConfined()) {
      MemorySegment adapters = lists.allocate(ADDRESS, Math.max(1, uses.size()));
      MemorySegment scales = lists.allocate(JAVA_FLOAT, Math.max(1, uses.size()));
      for (int i = 0; i < uses.size(); i++) {
        adapters.setAtIndex(ADDRESS, i, uses.get(i).adapter().pointerFor(model));
        scales.setAtIndex(JAVA_FLOAT, i, uses.get(i).scale());
      }
      Contexts.adapt(pointer, adapters, uses.size(), scales);
    }
    adapted = List.copyOf(uses);
  }

  /**
   * Computes the batch's tokens; blocks meanwhile.
   *
   * @throws IllegalArgumentException when the batch is empty, larger than {@link #batchTokens()} or
   *     asks for more than {@link #outputLimit()} outputs
   * @throws LlamaException when llama.cpp refuses it: a token that is not in the vocabulary, or a
   *     position that does not follow
   */
  public Outcome decode(Batch batch) throws LlamaException {
    MemorySegment pointer = handle.get();
    if (batch.size() < 1 || batch.size() > batchTokens || batch.outputCount() > outputLimit) {
      throw new IllegalArgumentException(
          "a batch holds 1 to "
              + batchTokens
              + " tokens with at most "
              + outputLimit
              + " outputs, this one "
              + batch.size()
              + " with "
              + batch.outputCount());
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

  @Override
  public void share(int source, int target, int count) {
    Memories.copy(memory(), checked(source), checked(target), 0, count);
  }

  @Override
  public boolean cut(int sequence, int count) {
    return Memories.remove(memory(), checked(sequence), count, OPEN_END);
  }

  @Override
  public boolean reaches(int sequence, int count) {
    if (slidingWindow == 0 || !cutsBack) {
      return true; // what cannot be cut is only gone on from at its end, where all of it is
    }
    int needed = Math.max(0, count - slidingWindow + 1);
    return Memories.first(memory(), checked(sequence)) <= needed;
  }

  @Override
  public long stateBytes(int sequence) {
    return Memories.stateBytes(handle.get(), checked(sequence));
  }

  @Override
  public boolean saveState(int sequence, MemorySegment target) {
    return Memories.readState(handle.get(), checked(sequence), target) > 0;
  }

  @Override
  public boolean restoreState(int sequence, MemorySegment source) {
    if (Memories.writeState(handle.get(), checked(sequence), source) > 0) {
      return true;
    }
    cut(sequence, 0);
    return false;
  }

  @Override
  public int leastOfState(int tokens) {
    if (!cutsBack) {
      return tokens;
    }
    return slidingWindow == 0 || tokens < slidingWindow ? 0 : tokens - 1;
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

  /**
   * The logits that the last decode left at {@code index} of its batch: [vocabulary] floats, valid
   * until the next decode.
   *
   * @throws IllegalStateException when none were asked for there
   */
  public MemorySegment logits(int index) {
    MemorySegment logits = Contexts.logits(pointerWithLogits(index), index);
    if (logits.address() == 0) {
      throw new IllegalStateException("llama.cpp has no logits at index " + index);
    }
    return logits.reinterpret((long) model.vocabulary().size() * Float.BYTES);
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

  /** The memory, while the context is open and this is its thread. */
  private MemorySegment memory() {
    handle.get();
    return memory;
  }

  private int checked(int sequence) {
    if (sequence < 0 || sequence >= sequences) {
      throw new IllegalArgumentException("sequence " + sequence + " is not one of " + sequences);
    }
    return sequence;
  }
}
