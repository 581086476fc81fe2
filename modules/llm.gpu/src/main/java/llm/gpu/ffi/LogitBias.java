package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct llama_logit_bias}, 8 bytes: a token and what is added to its logit. */
public final class LogitBias {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(JAVA_INT.withName("token"), JAVA_FLOAT.withName("bias"));

  private LogitBias() {}

  /** An array of {@code count} of them. */
  public static MemorySegment allocateArray(Arena arena, int count) {
    return arena.allocate(LAYOUT, count);
  }

  /** Sets element {@code index} of an array. */
  public static void set(MemorySegment array, int index, int token, float bias) {
    long at = index * LAYOUT.byteSize();
    array.set(JAVA_INT, at, token);
    array.set(JAVA_FLOAT, at + Integer.BYTES, bias);
  }
}
