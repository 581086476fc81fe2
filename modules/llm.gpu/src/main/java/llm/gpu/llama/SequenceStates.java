package llm.gpu.llama;

import java.lang.foreign.MemorySegment;

/** What the sequences of a context remember, as bytes. One thread. */
public interface SequenceStates {

  /** Bytes of a sequence's state. */
  long stateBytes(int sequence);

  /**
   * Copies the state of a sequence.
   *
   * @return whether {@code target} was large enough
   */
  boolean saveState(int sequence, MemorySegment target);

  /**
   * Fills the empty sequence with a state that {@link #saveState} gave in a context of the same
   * model and kind. The bytes must be whole: llama.cpp trusts them.
   *
   * @return false when it was refused, for want of room or because it does not fit; the sequence is
   *     empty then
   */
  boolean restoreState(int sequence, MemorySegment source);

  /**
   * The fewest tokens that a restored state of {@code tokens} can be cut back to. Not all of them
   * where the memory cannot be cut, or a sliding window leaves no more.
   */
  int leastOfState(int tokens);
}
