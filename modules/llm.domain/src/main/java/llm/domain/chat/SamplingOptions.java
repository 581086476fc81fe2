package llm.domain.chat;

import java.util.List;
import java.util.Optional;
import llm.domain.model.Temperature;

/**
 * How tokens are chosen. What is empty is left to the model's or the provider's default.
 *
 * @param temperature 0 (greedy) to 2
 * @param topP nucleus sampling, more than 0, at most 1
 * @param topK the k likeliest tokens, 0 for no limit
 * @param minP the smallest share of the likeliest token's probability, 0 to 1
 * @param seed makes a generation repeatable where the provider can
 * @param stop strings that end the answer and are not part of it, at most {@link #MAX_STOPS}
 */
public record SamplingOptions(
    Optional<Temperature> temperature,
    Optional<Double> topP,
    Optional<Integer> topK,
    Optional<Double> minP,
    Optional<Long> seed,
    List<String> stop) {
  /** The most stop strings a request may name. */
  public static final int MAX_STOPS = 16;

  /** Nothing asked; every choice is the provider's. */
  public static final SamplingOptions DEFAULTS =
      new SamplingOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of());

  /** Copies the list and checks every range. */
  public SamplingOptions {
    stop = List.copyOf(stop);
    topP.ifPresent(p -> check(p > 0 && p <= 1, "top_p", p, "more than 0, at most 1"));
    topK.ifPresent(k -> check(k >= 0, "top_k", k, "0 or more"));
    minP.ifPresent(p -> check(p >= 0 && p <= 1, "min_p", p, "0 to 1"));
    check(stop.size() <= MAX_STOPS, "stop", stop.size() + " strings", "at most " + MAX_STOPS);
    check(stop.stream().noneMatch(String::isEmpty), "stop", "an empty string", "not empty");
  }

  /** The same options with this temperature. */
  public SamplingOptions withTemperature(Temperature other) {
    return new SamplingOptions(Optional.of(other), topP, topK, minP, seed, stop);
  }

  private static void check(boolean legal, String name, Object value, String range) {
    if (!legal) {
      throw new IllegalArgumentException(name + " " + value + " must be " + range);
    }
  }
}
