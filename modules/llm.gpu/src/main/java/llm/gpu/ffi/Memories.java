package llm.gpu.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Functions on {@code llama_memory_t}, what a context remembers, and on the states of single
 * sequences. Sequence ids are 0 to {@code n_seq_max} - 1: others abort the process. Positions are
 * half-open ranges; -1 for an open end.
 */
public final class Memories {
  private static final MethodHandle OF = Symbols.handle(Function.LLAMA_GET_MEMORY);
  private static final MethodHandle CLEAR = Symbols.handle(Function.LLAMA_MEMORY_CLEAR);
  private static final MethodHandle REMOVE = Symbols.handle(Function.LLAMA_MEMORY_SEQ_RM);
  private static final MethodHandle COPY = Symbols.handle(Function.LLAMA_MEMORY_SEQ_CP);
  private static final MethodHandle FIRST = Symbols.handle(Function.LLAMA_MEMORY_SEQ_POS_MIN);
  private static final MethodHandle STATE_SIZE = Symbols.handle(Function.LLAMA_STATE_SEQ_GET_SIZE);
  private static final MethodHandle STATE_GET = Symbols.handle(Function.LLAMA_STATE_SEQ_GET_DATA);
  private static final MethodHandle STATE_SET = Symbols.handle(Function.LLAMA_STATE_SEQ_SET_DATA);

  private Memories() {}

  /** {@code llama_get_memory}: lives as long as the context. */
  public static MemorySegment of(MemorySegment context) {
    try {
      return (MemorySegment) OF.invokeExact(context);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_GET_MEMORY, thrown);
    }
  }

  /** {@code llama_memory_clear}: forgets every sequence. */
  public static void clear(MemorySegment memory) {
    try {
      CLEAR.invokeExact(memory, false);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MEMORY_CLEAR, thrown);
    }
  }

  /**
   * {@code llama_memory_seq_rm}: forgets positions {@code from} to {@code to} of a sequence; false
   * when a part of it cannot be forgotten.
   */
  public static boolean remove(MemorySegment memory, int sequence, int from, int to) {
    try {
      return (boolean) REMOVE.invokeExact(memory, sequence, from, to);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MEMORY_SEQ_RM, thrown);
    }
  }

  /** {@code llama_memory_seq_cp}: {@code target} shares positions of {@code source}. */
  public static void copy(MemorySegment memory, int source, int target, int from, int to) {
    try {
      COPY.invokeExact(memory, source, target, from, to);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MEMORY_SEQ_CP, thrown);
    }
  }

  /**
   * {@code llama_memory_seq_pos_min}: the first position of which every layer remembers a sequence;
   * -1 when it is empty.
   */
  public static int first(MemorySegment memory, int sequence) {
    try {
      return (int) FIRST.invokeExact(memory, sequence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_MEMORY_SEQ_POS_MIN, thrown);
    }
  }

  /** {@code llama_state_seq_get_size}: bytes that {@link #readState} writes. */
  public static long stateBytes(MemorySegment context, int sequence) {
    try {
      return (long) STATE_SIZE.invokeExact(context, sequence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_STATE_SEQ_GET_SIZE, thrown);
    }
  }

  /**
   * {@code llama_state_seq_get_data}: copies the state of a sequence to {@code target}; how many
   * bytes were written, 0 when it is too small.
   */
  public static long readState(MemorySegment context, int sequence, MemorySegment target) {
    try {
      return (long) STATE_GET.invokeExact(context, target, target.byteSize(), sequence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_STATE_SEQ_GET_DATA, thrown);
    }
  }

  /** {@code llama_state_seq_set_data}: the reverse; 0 when the state was refused. */
  public static long writeState(MemorySegment context, int sequence, MemorySegment source) {
    try {
      return (long) STATE_SET.invokeExact(context, source, source.byteSize(), sequence);
    } catch (Throwable thrown) {
      throw Symbols.failed(Function.LLAMA_STATE_SEQ_SET_DATA, thrown);
    }
  }
}
