package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;

/** Functions on {@code struct llama_model}. */
public final class Models {
  private static final MethodHandle DEFAULT_PARAMS =
      Symbols.handle(Function.LLAMA_MODEL_DEFAULT_PARAMS);
  private static final MethodHandle LOAD = Symbols.handle(Function.LLAMA_MODEL_LOAD_FROM_FILE);
  private static final MethodHandle FREE = Symbols.handle(Function.LLAMA_MODEL_FREE);
  private static final MethodHandle VOCAB = Symbols.handle(Function.LLAMA_MODEL_GET_VOCAB);
  private static final MethodHandle CHAT_TEMPLATE =
      Symbols.handle(Function.LLAMA_MODEL_CHAT_TEMPLATE);
  private static final MethodHandle DESC = Symbols.handle(Function.LLAMA_MODEL_DESC);
  private static final MethodHandle N_CTX_TRAIN = Symbols.handle(Function.LLAMA_MODEL_N_CTX_TRAIN);
  private static final MethodHandle HAS_ENCODER = Symbols.handle(Function.LLAMA_MODEL_HAS_ENCODER);
  private static final MethodHandle HAS_DECODER = Symbols.handle(Function.LLAMA_MODEL_HAS_DECODER);
  private static final MethodHandle IS_DIFFUSION =
      Symbols.handle(Function.LLAMA_MODEL_IS_DIFFUSION);
  private static final MethodHandle IS_RECURRENT =
      Symbols.handle(Function.LLAMA_MODEL_IS_RECURRENT);
  private static final MethodHandle IS_HYBRID = Symbols.handle(Function.LLAMA_MODEL_IS_HYBRID);
  private static final MethodHandle N_SWA = Symbols.handle(Function.LLAMA_MODEL_N_SWA);
  private static final MethodHandle ADAPTER = Symbols.handle(Function.LLAMA_ADAPTER_LORA_INIT);
  private static final MethodHandle ADAPTER_FREE = Symbols.handle(Function.LLAMA_ADAPTER_LORA_FREE);

  private Models() {}

  /** {@code llama_model_default_params}. */
  public static MemorySegment defaultParams(SegmentAllocator allocator) {
    try {
      return (MemorySegment) DEFAULT_PARAMS.invokeExact(allocator);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_DEFAULT_PARAMS, thrown);
    }
  }

  /** {@code llama_model_load_from_file}: NULL when it could not be loaded. */
  public static MemorySegment load(MemorySegment path, MemorySegment params) {
    try {
      return (MemorySegment) LOAD.invokeExact(path, params);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_LOAD_FROM_FILE, thrown);
    }
  }

  /** {@code llama_model_free}. */
  public static void free(MemorySegment model) {
    try {
      FREE.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_FREE, thrown);
    }
  }

  /** {@code llama_adapter_lora_init}: NULL when it could not be loaded or does not fit. */
  public static MemorySegment loadAdapter(MemorySegment model, MemorySegment path) {
    try {
      return (MemorySegment) ADAPTER.invokeExact(model, path);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_ADAPTER_LORA_INIT, thrown);
    }
  }

  /** {@code llama_adapter_lora_free}, before its model and when no context uses it. */
  public static void freeAdapter(MemorySegment adapter) {
    try {
      ADAPTER_FREE.invokeExact(adapter);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_ADAPTER_LORA_FREE, thrown);
    }
  }

  /** {@code llama_model_get_vocab}: lives as long as the model. */
  public static MemorySegment vocabulary(MemorySegment model) {
    try {
      return (MemorySegment) VOCAB.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_GET_VOCAB, thrown);
    }
  }

  /** {@code llama_model_chat_template}, the default one; empty when there is none. */
  public static String chatTemplate(MemorySegment model) {
    return CStrings.read(templatePointer(model, MemorySegment.NULL));
  }

  /** {@code llama_model_desc}: writes a description as a C string. */
  public static int describe(MemorySegment model, MemorySegment buffer, long size) {
    try {
      return (int) DESC.invokeExact(model, buffer, size);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_DESC, thrown);
    }
  }

  /** {@code llama_model_n_ctx_train}: the window it was trained for, in tokens. */
  public static int trainedContext(MemorySegment model) {
    try {
      return (int) N_CTX_TRAIN.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_N_CTX_TRAIN, thrown);
    }
  }

  /** {@code llama_model_has_encoder}. */
  public static boolean hasEncoder(MemorySegment model) {
    try {
      return (boolean) HAS_ENCODER.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_HAS_ENCODER, thrown);
    }
  }

  /** {@code llama_model_has_decoder}. */
  public static boolean hasDecoder(MemorySegment model) {
    try {
      return (boolean) HAS_DECODER.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_HAS_DECODER, thrown);
    }
  }

  /** {@code llama_model_is_diffusion}. */
  public static boolean isDiffusion(MemorySegment model) {
    try {
      return (boolean) IS_DIFFUSION.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_IS_DIFFUSION, thrown);
    }
  }

  private static MemorySegment templatePointer(MemorySegment model, MemorySegment name) {
    try {
      return (MemorySegment) CHAT_TEMPLATE.invokeExact(model, name);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_CHAT_TEMPLATE, thrown);
    }
  }

  /**
   * {@code llama_model_is_recurrent} or {@code llama_model_is_hybrid}: whether its memory holds
   * states, which cannot be cut back to an earlier position.
   */
  public static boolean holdsStates(MemorySegment model) {
    try {
      return (boolean) IS_RECURRENT.invokeExact(model) || (boolean) IS_HYBRID.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_IS_RECURRENT, thrown);
    }
  }

  /** {@code llama_model_n_swa}: the tokens some of its layers look back; 0 when all see all. */
  public static int slidingWindow(MemorySegment model) {
    try {
      return (int) N_SWA.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_N_SWA, thrown);
    }
  }
}
