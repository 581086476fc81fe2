package llm.gpu.memory;

import java.util.Locale;

/**
 * The memory that a model takes, in bytes: as estimated before a load, or as llama.cpp told after
 * it.
 *
 * @param host in ordinary memory
 * @param device in the graphics processor's
 * @param poolTokens what the cache holds, in tokens
 * @param draft how much of it a draft model takes
 */
public record ModelNeed(Parts host, Parts device, int poolTokens, long draft) {
  /** Nothing. */
  public static final ModelNeed NONE = new ModelNeed(Parts.NONE, Parts.NONE, 0);

  private static final double MEGABYTE = 1 << 20;
  private static final double SMALL = 10; // megabytes; less is told to the hundredth

  /** Without a draft model. */
  public ModelNeed(Parts host, Parts device, int poolTokens) {
    this(host, device, poolTokens, 0);
  }

  /**
   * Parts of it, in bytes.
   *
   * @param weights the tensors
   * @param cache keys and values of the tokens that are remembered, and states
   * @param compute what a step is computed in, and its outputs
   */
  public record Parts(long weights, long cache, long compute) {
    /** Nothing. */
    public static final Parts NONE = new Parts(0, 0, 0);

    /** All of them. */
    public long total() {
      return weights + cache + compute;
    }

    Parts plus(Parts other) {
      return new Parts(weights + other.weights, cache + other.cache, compute + other.compute);
    }
  }

  /** All of it, in bytes. */
  public long total() {
    return host.total() + device.total();
  }

  /** The same with what was taken since. */
  public ModelNeed plus(ModelNeed other) {
    return new ModelNeed(
        host.plus(other.host),
        device.plus(other.device),
        Math.max(poolTokens, other.poolTokens),
        draft + other.draft);
  }

  /** The same as what a draft model takes beside its main model. */
  public ModelNeed ofDraft() {
    return new ModelNeed(host, device, 0, total());
  }

  /** The same, of which a draft model takes so many bytes. */
  public ModelNeed withDraft(long bytes) {
    return new ModelNeed(host, device, poolTokens, bytes);
  }

  /** The arithmetic, as {@code 812 MB (weights 600 + KV 180 at 4096 tokens + compute 32)}. */
  public String text() {
    Parts all = host.plus(device);
    String onDevice = device.total() == 0 ? "" : ", " + megabytes(device.total()) + " on the GPU";
    return megabytes(all.total())
        + " (weights "
        + number(all.weights())
        + " + KV "
        + number(all.cache())
        + (poolTokens > 0 ? " at " + poolTokens + " tokens" : "")
        + " + compute "
        + number(all.compute())
        + (draft > 0 ? ", of it " + number(draft) + " the draft model" : "")
        + onDevice
        + ")";
  }

  /** Bytes as people read them, as {@code 812 MB}; a megabyte has 2^20 bytes. */
  public static String megabytes(long bytes) {
    return number(bytes) + " MB";
  }

  private static String number(long bytes) {
    double megabytes = bytes / MEGABYTE;
    return Math.abs(megabytes) < SMALL
        ? String.format(Locale.ROOT, "%.2f", megabytes)
        : String.format(Locale.ROOT, "%.0f", megabytes);
  }
}
