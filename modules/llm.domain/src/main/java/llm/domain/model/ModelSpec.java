package llm.domain.model;

import java.util.Optional;

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
   * US dollars for a million tokens.
   *
   * @param inputPerMillion for prompt tokens, 0 or more
   * @param outputPerMillion for generated tokens, 0 or more
   */
  public record Price(double inputPerMillion, double outputPerMillion) {
    /** Rejects negative prices and NaN. */
    public Price {
      if (!(inputPerMillion >= 0 && outputPerMillion >= 0)) {
        throw new IllegalArgumentException(
            "prices must be 0 or more, got " + inputPerMillion + " and " + outputPerMillion);
      }
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
}
