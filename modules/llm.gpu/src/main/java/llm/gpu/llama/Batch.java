package llm.gpu.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import llm.gpu.ffi.BatchStruct;

/** Tokens for one decode, all of one sequence. Reused from decode to decode; one thread. */
public final class Batch implements AutoCloseable {
  private final Arena arena = Arena.ofConfined();
  private final int capacity;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment logits;
  private final MemorySegment batch;
  private int size;

  /** An empty batch for {@code capacity} tokens, 1 or more. */
  public Batch(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("batch capacity " + capacity + " must be 1 or more");
    }
    this.capacity = capacity;
    this.tokens = arena.allocate(JAVA_INT, capacity);
    this.positions = arena.allocate(JAVA_INT, capacity);
    this.logits = arena.allocate(JAVA_BYTE, capacity);
    this.batch = BatchStruct.allocate(arena, tokens, positions, logits);
  }

  /** Tokens in it. */
  public int size() {
    return size;
  }

  /** Empties it. */
  public void clear() {
    size = 0;
  }

  /** Adds a token at {@code position} of the sequence. */
  public void add(int token, int position) {
    if (size == capacity) {
      throw new IllegalStateException("the batch holds " + capacity + " tokens and is full");
    }
    tokens.setAtIndex(JAVA_INT, size, token);
    positions.setAtIndex(JAVA_INT, size, position);
    logits.set(JAVA_BYTE, size, (byte) 0);
    size++;
  }

  /** Asks for the logits of the token added last, so that the one after it can be sampled. */
  public void askForLogits() {
    if (size == 0) {
      throw new IllegalStateException("the batch is empty");
    }
    logits.set(JAVA_BYTE, size - 1, (byte) 1);
  }

  /** Frees its memory. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  MemorySegment segment() {
    BatchStruct.tokenCount(batch, size);
    return batch;
  }

  void copyOutputs(BitSet into) {
    for (int i = 0; i < size; i++) {
      into.set(i, logits.get(JAVA_BYTE, i) != 0);
    }
  }
}
