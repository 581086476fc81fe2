package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;

/** Functions on {@code struct llama_context}. */
public final class Contexts {
  private static final MethodHandle DEFAULT_PARAMS =
      Symbols.handle(Function.LLAMA_CONTEXT_DEFAULT_PARAMS);
  private static final MethodHandle INIT_FROM_MODEL =
      Symbols.handle(Function.LLAMA_INIT_FROM_MODEL);
  private static final MethodHandle FREE = Symbols.handle(Function.LLAMA_FREE);
  private static final MethodHandle N_CTX = Symbols.handle(Function.LLAMA_N_CTX);
  private static final MethodHandle N_BATCH = Symbols.handle(Function.LLAMA_N_BATCH);
  private static final MethodHandle SET_ADAPTERS = Symbols.handle(Function.LLAMA_SET_ADAPTERS_LORA);
  private static final MethodHandle SET_ABORT = Symbols.handle(Function.LLAMA_SET_ABORT_CALLBACK);
  private static final MethodHandle DECODE = Symbols.handle(Function.LLAMA_DECODE);
  private static final MethodHandle LOGITS = Symbols.handle(Function.LLAMA_GET_LOGITS_ITH);
  private static final MethodHandle N_SEQ_MAX = Symbols.handle(Function.LLAMA_N_SEQ_MAX);

  private Contexts() {}

  /** {@code llama_context_default_params}. */
  public static MemorySegment defaultParams(SegmentAllocator allocator) {
    try {
      return (MemorySegment) DEFAULT_PARAMS.invokeExact(allocator);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_CONTEXT_DEFAULT_PARAMS, thrown);
    }
  }

  /** {@code llama_init_from_model}: NULL when there is not the memory for it. */
  public static MemorySegment create(MemorySegment model, MemorySegment params) {
    try {
      return (MemorySegment) INIT_FROM_MODEL.invokeExact(model, params);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_INIT_FROM_MODEL, thrown);
    }
  }

  /** {@code llama_free}. */
  public static void free(MemorySegment context) {
    try {
      FREE.invokeExact(context);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_FREE, thrown);
    }
  }

  /** {@code llama_n_ctx}: the window in tokens, which may be more than was asked for. */
  public static int contextTokens(MemorySegment context) {
    try {
      return (int) N_CTX.invokeExact(context);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_N_CTX, thrown);
    }
  }

  /** {@code llama_n_batch}: the most tokens of one decode. */
  public static int batchTokens(MemorySegment context) {
    try {
      return (int) N_BATCH.invokeExact(context);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_N_BATCH, thrown);
    }
  }

  /**
   * {@code llama_set_adapters_lora}: those of all decodes that follow.
   *
   * @param adapters [count] pointers
   * @param scales [count] floats
   */
  public static void adapt(
      MemorySegment context, MemorySegment adapters, long count, MemorySegment scales) {
    try {
      int _ = (int) SET_ADAPTERS.invokeExact(context, adapters, count, scales); // always 0
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SET_ADAPTERS_LORA, thrown);
    }
  }

  /** {@code llama_set_abort_callback}; NULL for none. */
  public static void abortBy(MemorySegment context, MemorySegment callback) {
    try {
      SET_ABORT.invokeExact(context, callback, MemorySegment.NULL);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_SET_ABORT_CALLBACK, thrown);
    }
  }

  /**
   * {@code llama_decode}: 0 done, 1 no room, 2 aborted, below 0 an error. Aborts the process when
   * the batch is larger than n_batch.
   */
  public static int decode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) DECODE.invokeExact(context, batch);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_DECODE, thrown);
    }
  }

  /**
   * {@code llama_get_logits_ith}: [vocabulary] floats, or NULL when none were asked for at this
   * index.
   */
  public static MemorySegment logits(MemorySegment context, int index) {
    try {
      return (MemorySegment) LOGITS.invokeExact(context, index);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_GET_LOGITS_ITH, thrown);
    }
  }

  /** {@code llama_n_seq_max}: how many sequences there can be. */
  public static int sequences(MemorySegment context) {
    try {
      return (int) N_SEQ_MAX.invokeExact(context);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_N_SEQ_MAX, thrown);
    }
  }
}
