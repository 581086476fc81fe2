package llm.gpu.memory;

import java.util.Optional;

/** Memory of a graphics processor, as somebody watches it. Thread-safe; answers at once. */
@FunctionalInterface
public interface DeviceMemory {
  /** How full it was when it was last looked at; empty where that is not known. */
  Optional<MemoryReading> reading();

  /**
   * Whether the reading shows what was done with the memory until {@code nanos}, or none that does
   * is to be expected; where not, it is looked at again at once, so ask again.
   *
   * @param nanos by the clock's {@code nanoTime}
   */
  default boolean isSince(long nanos) {
    return true; // as fresh as each question
  }
}
