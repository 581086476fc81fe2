package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct llama_batch}, 56 bytes: a count and pointers to arrays of the caller. */
public final class BatchStruct {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          JAVA_INT.withName("n_tokens"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("token"),
          ADDRESS.withName("embd"),
          ADDRESS.withName("pos"),
          ADDRESS.withName("n_seq_id"),
          ADDRESS.withName("seq_id"),
          ADDRESS.withName("logits"));

  private static final long N_TOKENS = offset("n_tokens");
  private static final long TOKEN = offset("token");
  private static final long POS = offset("pos");
  private static final long N_SEQ_ID = offset("n_seq_id");
  private static final long SEQ_ID = offset("seq_id");
  private static final long LOGITS = offset("logits");

  private BatchStruct() {}

  /**
   * A batch over the caller's arrays, which must live as long as it; all of one length.
   *
   * @param tokens int32, token ids
   * @param positions int32, each token's position in its sequence
   * @param sequenceCounts int32, how many sequences each token belongs to
   * @param sequences pointers, each to the int32 ids of the token's sequences
   * @param outputs int8, not 0 where logits or embeddings are wanted
   */
  public static MemorySegment allocate(
      Arena arena,
      MemorySegment tokens,
      MemorySegment positions,
      MemorySegment sequenceCounts,
      MemorySegment sequences,
      MemorySegment outputs) {
    MemorySegment batch = arena.allocate(LAYOUT);
    batch.set(ADDRESS, TOKEN, tokens);
    batch.set(ADDRESS, POS, positions);
    batch.set(ADDRESS, N_SEQ_ID, sequenceCounts);
    batch.set(ADDRESS, SEQ_ID, sequences);
    batch.set(ADDRESS, LOGITS, outputs);
    return batch;
  }

  /** Sets how many entries of the arrays count. */
  public static void tokenCount(MemorySegment batch, int count) {
    batch.set(JAVA_INT, N_TOKENS, count);
  }

  private static long offset(String field) {
    return LAYOUT.byteOffset(PathElement.groupElement(field));
  }
}
