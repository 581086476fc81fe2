package llm.gpu.llama;

import java.lang.foreign.MemorySegment;

/**
 * A pointer to a native object: given out only while the object lives, and only to the thread that
 * made it.
 */
final class Handle {
  private final String what;
  private final Thread owner = Thread.currentThread();
  private MemorySegment pointer;

  /**
   * Owns {@code pointer}.
   *
   * @param what the object's kind, for messages
   * @throws LlamaException when it is NULL, with {@code whenNull} as the message
   */
  Handle(String what, MemorySegment pointer, String whenNull) throws LlamaException {
    if (pointer.address() == 0) {
      throw new LlamaException(whenNull);
    }
    this.what = what;
    this.pointer = pointer;
  }

  /** The pointer. */
  MemorySegment get() {
    requireOwner();
    if (pointer == null) {
      throw new IllegalStateException("the " + what + " is closed");
    }
    return pointer;
  }

  /** The pointer for the last time; NULL when it was taken before. */
  MemorySegment take() {
    requireOwner();
    MemorySegment taken = pointer == null ? MemorySegment.NULL : pointer;
    pointer = null;
    return taken;
  }

  private void requireOwner() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "the "
              + what
              + " belongs to thread "
              + owner.getName()
              + ", not to "
              + Thread.currentThread().getName());
    }
  }
}
