package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import llm.gpu.ffi.BatchStruct;

/**
 * Tokens for one decode, each at its position of its sequence. Reused from decode to decode; one
 * thread.
 */
public final class Batch implements AutoCloseable {
  private final Arena arena = Arena.ofConfined();
  private final int capacity;
  private final int sequenceCount;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment sequences; // pointers into ids
  private final MemorySegment ids; // 0 to sequenceCount - 1, for the pointers to point at
  private final MemorySegment outputs;
  private final MemorySegment batch;
  private int size;
  private int outputCount;

  /**
   * An empty batch.
   *
   * @param capacity tokens it holds, 1 or more
   * @param sequenceCount ids are 0 to this, exclusive; 1 or more
   */
  public Batch(int capacity, int sequenceCount) {
    if (capacity < 1 || sequenceCount < 1) {
      throw new IllegalArgumentException(
          "capacity and sequences must be 1 or more, got " + capacity + " and " + sequenceCount);
    }
    this.capacity = capacity;
    this.sequenceCount = sequenceCount;
    this.tokens = arena.allocate(JAVA_INT, capacity);
    this.positions = arena.allocate(JAVA_INT, capacity);
    this.sequences = arena.allocate(ADDRESS, capacity);
    this.outputs = arena.allocate(JAVA_BYTE, capacity);
    this.ids = arena.allocate(JAVA_INT, sequenceCount);
    for (int i = 0; i < sequenceCount; i++) {
      ids.setAtIndex(JAVA_INT, i, i);
    }
    MemorySegment ones = arena.allocate(JAVA_INT, capacity);
    for (int i = 0; i < capacity; i++) {
      ones.setAtIndex(JAVA_INT, i, 1);
    }
    this.batch = BatchStruct.allocate(arena, tokens, positions, ones, sequences, outputs);
  }

  /** Tokens in it. */
  public int size() {
    return size;
  }

  /** Empties it. */
  public void clear() {
    size = 0;
    outputCount = 0;
  }

  /** Adds a token at {@code position} of a sequence. */
  public void add(int token, int position, int sequence) {
    if (size == capacity) {
      throw new IllegalStateException("the batch holds " + capacity + " tokens and is full");
    }
    if (sequence < 0 || sequence >= sequenceCount) {
      throw new IllegalArgumentException(
          "sequence " + sequence + " is not one of " + sequenceCount);
    }
    tokens.setAtIndex(JAVA_INT, size, token);
    positions.setAtIndex(JAVA_INT, size, position);
    sequences.setAtIndex(ADDRESS, size, ids.asSlice((long) sequence * Integer.BYTES));
    outputs.set(JAVA_BYTE, size, (byte) 0);
    size++;
  }

  /**
   * Asks for the logits of the token added last, so that the one after it can be sampled.
   *
   * @return the index to sample at
   */
  public int askForLogits() {
    if (size == 0) {
      throw new IllegalStateException("the batch is empty");
    }
    if (outputs.get(JAVA_BYTE, size - 1) == 0) {
      outputs.set(JAVA_BYTE, size - 1, (byte) 1);
      outputCount++;
    }
    return size - 1;
  }

  /** Frees its memory. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  int outputCount() {
    return outputCount;
  }

  MemorySegment segment() {
    BatchStruct.tokenCount(batch, size);
    return batch;
  }

  void copyOutputs(BitSet into) {
    for (int i = 0; i < size; i++) {
      into.set(i, outputs.get(JAVA_BYTE, i) != 0);
    }
  }
}
