package llm.domain.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Memory and the models in it, at one moment.
 *
 * @param models every model that can be asked for, loaded or not
 * @param memories each memory that is watched
 * @param notes what is not watched, and why, in whole sentences
 */
public record MemoryStanding(
    List<ModelResidence> models, List<Memory> memories, List<String> notes) {

  /** Copies the lists. */
  public MemoryStanding {
    models = List.copyOf(models);
    memories = List.copyOf(memories);
    notes = List.copyOf(notes);
  }

  /**
   * One memory.
   *
   * @param kind {@code ram}, {@code vram}, or {@code budget} for what the settings allow
   * @param name what people call it
   * @param totalBytes how much there is
   * @param usedBytes how much of it is in use, by whomever
   * @param freeBytes how much models may still take, within the limits of the settings
   * @param busyPercent how much of the last moment its processor computed
   * @param processes how many use it; empty where that is not told
   * @param index which graphics processor, from 0
   */
  public record Memory(
      String kind,
      String name,
      long totalBytes,
      long usedBytes,
      long freeBytes,
      OptionalInt busyPercent,
      OptionalInt processes,
      Optional<Integer> index) {}
}
