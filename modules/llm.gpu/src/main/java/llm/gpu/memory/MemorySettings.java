package llm.gpu.memory;

import java.time.Duration;

/**
 * How much memory models may take, and how long one stays that nobody asks.
 *
 * @param budgetBytes the most of all models together, in memory of every kind; 0 for no such limit
 * @param maxRamPercent how full ordinary memory may be, with what others take, 1 to 100
 * @param ramReserveBytes how much of it is left to others
 * @param gpuIndex which graphics processor computes, by CUDA, and is watched, by NVML, from 0
 * @param maxVramPercent how full its memory may be, 1 to 100
 * @param vramReserveBytes how much of that is left to others
 * @param gpuLayers how many layers it computes; {@link NeedEstimate#ALL_LAYERS} for all
 * @param idleUnload how long a model stays in memory that nobody asks; 0 for ever
 */
public record MemorySettings(
    long budgetBytes,
    int maxRamPercent,
    long ramReserveBytes,
    int gpuIndex,
    int maxVramPercent,
    long vramReserveBytes,
    int gpuLayers,
    Duration idleUnload) {
  /** Where nobody chose. */
  public static final MemorySettings DEFAULT =
      new MemorySettings(0, 95, 0, 0, 95, 1L << 30, NeedEstimate.ALL_LAYERS, Duration.ZERO);

  /** The same with a budget for all models together. */
  public MemorySettings withBudget(long bytes) {
    return new MemorySettings(
        bytes,
        maxRamPercent,
        ramReserveBytes,
        gpuIndex,
        maxVramPercent,
        vramReserveBytes,
        gpuLayers,
        idleUnload);
  }

  /** The same with a time after which an idle model leaves. */
  public MemorySettings withIdleUnload(Duration idle) {
    return new MemorySettings(
        budgetBytes,
        maxRamPercent,
        ramReserveBytes,
        gpuIndex,
        maxVramPercent,
        vramReserveBytes,
        gpuLayers,
        idle);
  }
}
