package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Functions that make vectors; a context makes them when its params say so. */
public final class Embeddings {
  private static final MethodHandle SIZE = Symbols.handle(Function.LLAMA_MODEL_N_EMBD_OUT);
  private static final MethodHandle OF_SEQUENCE = Symbols.handle(Function.LLAMA_GET_EMBEDDINGS_SEQ);

  private Embeddings() {}

  /** {@code llama_model_n_embd_out}: numbers of a vector. */
  public static int dimensions(MemorySegment model) {
    try {
      return (int) SIZE.invokeExact(model);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MODEL_N_EMBD_OUT, thrown);
    }
  }

  /**
   * {@code llama_get_embeddings_seq}: the vector of a sequence of the last decode, valid until the
   * next; NULL when it had none. Waits for the computation.
   */
  public static MemorySegment ofSequence(MemorySegment context, int sequence) {
    try {
      return (MemorySegment) OF_SEQUENCE.invokeExact(context, sequence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_GET_EMBEDDINGS_SEQ, thrown);
    }
  }
}
