package llm.gpu.llama;

import java.util.Map;

/**
 * How tokens are chosen.
 *
 * @param temperature 0 takes the likeliest token and ignores the rest; else 0 to 2
 * @param topK the k likeliest tokens, 0 for no limit
 * @param topP the likeliest tokens that have this probability together, above 0 to 1
 * @param minP the smallest share of the likeliest token's probability, 0 to 1
 * @param seed the same seed makes the same choices; every value is a seed
 * @param penalties what tokens lose that were chosen before
 * @param bias what is added to the logits of tokens; finite
 */
public record SamplerOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    int seed,
    Penalties penalties,
    Map<Integer, Float> bias) {
  /** Below this a division by the temperature could overflow: the same as 0. */
  private static final float GREEDY_BELOW = 1e-4f;

  /**
   * What a token loses that was chosen before, prompts not counted.
   *
   * @param last how many of the tokens chosen last count, 0 or more
   * @param repeat its logit is divided by this, above 0; 1 for nothing
   * @param frequency subtracted for each time it was chosen
   * @param presence subtracted once
   */
  public record Penalties(int last, float repeat, float frequency, float presence) {
    /** None. */
    public static final Penalties NONE = new Penalties(0, 1, 0, 0);

    /** Rejects values outside their ranges, and those that are not finite. */
    public Penalties {
      if (last < 0
          || !(repeat > 0 && repeat < Float.POSITIVE_INFINITY)
          || !Float.isFinite(frequency)
          || !Float.isFinite(presence)) {
        throw new IllegalArgumentException(
            "penalties out of range: last "
                + last
                + ", repeat "
                + repeat
                + ", frequency "
                + frequency
                + ", presence "
                + presence);
      }
    }

    /** Whether they change nothing. */
    public boolean isNone() {
      return last == 0 || repeat == 1 && frequency == 0 && presence == 0;
    }
  }

  /** Copies the map; rejects values outside their ranges, and NaN. */
  public SamplerOptions {
    bias = Map.copyOf(bias);
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
    if (!bias.values().stream().allMatch(Float::isFinite)) {
      throw new IllegalArgumentException("a bias must be finite");
    }
  }

  /** Options without penalties and bias. */
  public SamplerOptions(float temperature, int topK, float topP, float minP, int seed) {
    this(temperature, topK, topP, minP, seed, Penalties.NONE, Map.of());
  }

  /** Whether the likeliest token is always taken. */
  public boolean greedy() {
    return temperature < GREEDY_BELOW;
  }
}
