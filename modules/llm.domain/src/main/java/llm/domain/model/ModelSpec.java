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
   * @param cachedPerMillion for prompt tokens that came from the provider's cache; the same as
   *     {@code inputPerMillion} where nothing else is known
   * @param cacheWritePerMillion for prompt tokens that were put into that cache; likewise
   */
  public record Price(
      double inputPerMillion,
      double outputPerMillion,
      double cachedPerMillion,
      double cacheWritePerMillion) {
    private static final double NANOS_PER_DOLLAR = 1e9;
    private static final double NANOS_PER_MICRO = 1e3; // dollars a million: microdollars a token

    /** Rejects negative prices, infinities and NaN. */
    public Price {
      if (!isPrice(inputPerMillion)
          || !isPrice(outputPerMillion)
          || !isPrice(cachedPerMillion)
          || !isPrice(cacheWritePerMillion)) {
        throw new IllegalArgumentException(
            "prices must be 0 or more, got "
                + inputPerMillion
                + ", "
                + outputPerMillion
                + ", "
                + cachedPerMillion
                + " and "
                + cacheWritePerMillion);
      }
    }

    /** A price that makes no difference for a cache. */
    public Price(double inputPerMillion, double outputPerMillion) {
      this(inputPerMillion, outputPerMillion, inputPerMillion, inputPerMillion);
    }

    /** US dollars for {@code usage}. */
    public double cost(Usage usage) {
      return nanoDollars(usage) / NANOS_PER_DOLLAR;
    }

    /**
     * The cost of {@code usage} in billionths of a US dollar, rounded to a whole one: exact for
     * prices of up to three decimals a million.
     */
    public long nanoDollars(Usage usage) {
      int plain = usage.promptTokens() - usage.cachedTokens() - usage.cacheWriteTokens();
      return of(plain, inputPerMillion)
          + of(usage.cachedTokens(), cachedPerMillion)
          + of(usage.cacheWriteTokens(), cacheWritePerMillion)
          + of(usage.completionTokens(), outputPerMillion);
    }

    private static long of(int tokens, double perMillion) {
      return Math.round(tokens * perMillion * NANOS_PER_MICRO);
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
