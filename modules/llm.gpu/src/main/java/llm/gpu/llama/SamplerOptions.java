package llm.gpu.llama;

/**
 * How tokens are chosen.
 *
 * @param temperature 0 takes the likeliest token and ignores the rest; else 0 to 2
 * @param topK the k likeliest tokens, 0 for no limit
 * @param topP the likeliest tokens that have this probability together, above 0 to 1
 * @param minP the smallest share of the likeliest token's probability, 0 to 1
 * @param seed the same seed makes the same choices; every value is a seed
 */
public record SamplerOptions(float temperature, int topK, float topP, float minP, int seed) {
  /** Below this a division by the temperature could overflow: the same as 0. */
  private static final float GREEDY_BELOW = 1e-4f;

  /** Rejects values outside their ranges, and NaN. */
  public SamplerOptions {
    if (!(temperature >= 0 && temperature <= 2)
        || topK < 0
        || !(topP > 0 && topP <= 1)
        || !(minP >= 0 && minP <= 1)) {
      throw new IllegalArgumentException(
          "sampler options out of range: temperature "
              + temperature
              + ", top_k "
              + topK
              + ", top_p "
              + topP
              + ", min_p "
              + minP);
    }
  }

  /** Whether the likeliest token is always taken. */
  public boolean greedy() {
    return temperature < GREEDY_BELOW;
  }
}
