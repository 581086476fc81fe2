package llm.core.limit;

import java.util.Optional;
import llm.domain.chat.Usage;
import llm.domain.model.ModelSpec.Price;

/** What is known of a request before it is answered; asked only for what a rule needs. */
public interface Asked {
  /** The model as the caller named it. */
  String model();

  /** Whom the caller asks for, by its own word. */
  Optional<String> user();

  /** What it may take. */
  Estimate estimate();

  /**
   * What a request may take.
   *
   * @param promptTokens about
   * @param mostOutputTokens what it limits its answer to; empty: it does not
   * @param price of the model that is asked first
   */
  record Estimate(long promptTokens, Optional<Integer> mostOutputTokens, Optional<Price> price) {
    /** Tokens to reserve. */
    long tokens(int expectedOutput) {
      return promptTokens + mostOutputTokens.orElse(expectedOutput);
    }

    /** Money to reserve, in billionths of a US dollar. */
    long nanoDollars(int expectedOutput) {
      int prompt = (int) Math.min(Integer.MAX_VALUE, promptTokens);
      int output = mostOutputTokens.orElse(expectedOutput);
      return price.isPresent() ? price.get().nanoDollars(Usage.of(prompt, output)) : 0;
    }
  }
}
