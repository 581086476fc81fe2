package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** The arrays of tokens that samplers take: biases, and the candidates they choose from. */
public final class TokenArrays {
  /** {@code struct llama_logit_bias}, 8 bytes: a token and what is added to its logit. */
  static final StructLayout BIAS =
      MemoryLayout.structLayout(JAVA_INT.withName("token"), JAVA_FLOAT.withName("bias"))
          .withName("llama_logit_bias");

  /** {@code struct llama_token_data}, 12 bytes: a token, its logit and its probability. */
  static final StructLayout CANDIDATE =
      MemoryLayout.structLayout(
              JAVA_INT.withName("id"), JAVA_FLOAT.withName("logit"), JAVA_FLOAT.withName("p"))
          .withName("llama_token_data");

  /** {@code struct llama_token_data_array}, 32 bytes: what a sampler works on. */
  static final StructLayout CANDIDATES =
      MemoryLayout.structLayout(
              ADDRESS.withName("data"),
              JAVA_LONG.withName("size"),
              JAVA_LONG.withName("selected"),
              JAVA_BOOLEAN.withName("sorted"),
              MemoryLayout.paddingLayout(7))
          .withName("llama_token_data_array");

  private static final long BIAS_BYTES = BIAS.byteSize();
  private static final long CANDIDATE_BYTES = CANDIDATE.byteSize();
  private static final long SIZE = 8; // offsets of the fields
  private static final long SELECTED = 16;
  private static final long SORTED = 24;

  private TokenArrays() {}

  /** An array of {@code count} biases. */
  public static MemorySegment allocateBiases(Arena arena, int count) {
    return arena.allocate(BIAS, count);
  }

  /** Sets element {@code index} of an array of biases. */
  public static void setBias(MemorySegment biases, int index, int token, float bias) {
    long at = index * BIAS_BYTES;
    biases.set(JAVA_INT, at, token);
    biases.set(JAVA_FLOAT, at + Integer.BYTES, bias);
  }

  /** An array of {@code count} candidates. */
  public static MemorySegment allocateCandidates(Arena arena, int count) {
    return arena.allocate(CANDIDATE, count);
  }

  /** Sets element {@code index} of an array of candidates. */
  public static void setCandidate(MemorySegment candidates, int index, int token, float logit) {
    long at = index * CANDIDATE_BYTES;
    candidates.set(JAVA_INT, at, token);
    candidates.set(JAVA_FLOAT, at + 4, logit);
    candidates.set(JAVA_FLOAT, at + 8, 0f);
  }

  /** What a sampler works on, with nothing in it yet. */
  public static MemorySegment allocateChoice(Arena arena) {
    return arena.allocate(CANDIDATES);
  }

  /** Lets it hold the first {@code count} candidates, in no order, none selected. */
  public static void setChoice(MemorySegment choice, MemorySegment candidates, int count) {
    choice.set(ADDRESS, 0, candidates);
    choice.set(JAVA_LONG, SIZE, count);
    choice.set(JAVA_LONG, SELECTED, -1);
    choice.set(JAVA_BOOLEAN, SORTED, false);
  }

  /** The token that was selected; -1 when none was. */
  public static int selected(MemorySegment choice) {
    long selected = choice.get(JAVA_LONG, SELECTED);
    long size = choice.get(JAVA_LONG, SIZE);
    if (selected < 0 || selected >= size) {
      return -1;
    }
    // samplers may have put the candidates elsewhere
    MemorySegment candidates = choice.get(ADDRESS, 0).reinterpret(size * CANDIDATE_BYTES);
    return candidates.get(JAVA_INT, selected * CANDIDATE_BYTES);
  }
}
