package llm.gpu.memory;

/**
 * How full a memory is, at one moment.
 *
 * @param name which memory, as {@code RAM}
 * @param totalBytes how much there is
 * @param availableBytes how much of it can be taken without taking it from anybody
 */
public record MemoryReading(String name, long totalBytes, long availableBytes) {
  /** What is in use. */
  public long usedBytes() {
    return totalBytes - availableBytes;
  }

  /** What may still be taken when so many percent may be in use, and so much is to be left. */
  long room(int maxPercent, long reserveBytes) {
    long limit = totalBytes / 100 * maxPercent;
    return Math.max(0, Math.min(limit - usedBytes(), availableBytes - reserveBytes));
  }
}
