package llm.domain.model;

import java.util.Optional;
import java.util.OptionalDouble;
import llm.domain.chat.Usage;

/**
 * What is known of a model: the catalogue's entry, or what a provider found out by itself.
 *
 * @param contextTokens tokens that prompt and answer may take together, 1 or more
 * @param maxOutputTokens tokens that an answer may take at most, 1 to contextTokens
 * @param tools whether it calls tools
 * @param vision whether it reads images
 * @param json whether it has a JSON mode
 * @param price what it costs; empty when nothing or not known
 * @param encoding the tokenizer's name, as {@code o200k_base}; empty when not known
 */
public record ModelSpec(
    int contextTokens,
    int maxOutputTokens,
    boolean tools,
    boolean vision,
    boolean json,
    Optional<Price> price,
    Optional<String> encoding) {

  /**
   * What is taken for a model that no catalogue and no provider knows. Its window and output are
   * those that today's hosted models have at least in common, and tools are allowed: an upstream
   * knows its own limits and refuses by itself, while a guess too small would refuse or cut what it
   * could do. It has no vision and no JSON mode, for both have a substitute; price and encoding are
   * not known.
   */
  public static final ModelSpec UNKNOWN_MODEL =
      new ModelSpec(128_000, 16_384, true, false, false, Optional.empty(), Optional.empty());

  /**
   * US dollars for a million tokens.
   *
   * @param inputPerMillion for prompt tokens, 0 or more and finite
   * @param outputPerMillion for generated tokens, 0 or more and finite
   */
  public record Price(double inputPerMillion, double outputPerMillion) {
    private static final double MILLION = 1_000_000.0;

    /** Rejects negative prices, infinities and NaN. */
    public Price {
      if (!isPrice(inputPerMillion) || !isPrice(outputPerMillion)) {
        throw new IllegalArgumentException(
            "prices must be 0 or more, got " + inputPerMillion + " and " + outputPerMillion);
      }
    }

    /** US dollars for {@code usage}; tokens from a cache are priced as other prompt tokens. */
    public double cost(Usage usage) {
      return (usage.promptTokens() * inputPerMillion + usage.completionTokens() * outputPerMillion)
          / MILLION;
    }

    private static boolean isPrice(double dollars) {
      return dollars >= 0 && dollars < Double.POSITIVE_INFINITY;
    }
  }

  /** Rejects windows and limits that contradict each other. */
  public ModelSpec {
    if (contextTokens < 1 || maxOutputTokens < 1 || maxOutputTokens > contextTokens) {
      throw new IllegalArgumentException(
          "a model needs 1 <= max output <= context, got max output "
              + maxOutputTokens
              + ", context "
              + contextTokens);
    }
  }

  /** What {@code usage} cost in US dollars; empty when the model has no price or none is known. */
  public OptionalDouble cost(Usage usage) {
    return price.isPresent() ? OptionalDouble.of(price.get().cost(usage)) : OptionalDouble.empty();
  }
}
