package llm.domain.chat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import llm.domain.model.AdapterUse;
import llm.domain.model.Temperature;

/**
 * How tokens are chosen, and what is to be told of the choice. What is empty is left to the model's
 * or the provider's default.
 *
 * @param temperature 0 (greedy) to 2
 * @param topP nucleus sampling, more than 0, at most 1
 * @param topK the k likeliest tokens, 0 for no limit
 * @param minP the smallest share of the likeliest token's probability, 0 to 1
 * @param seed makes a generation repeatable where the provider can
 * @param stop strings that end the answer and are not part of it, at most {@link #MAX_STOPS}
 * @param frequencyPenalty what a token's logit loses for each time it came already, -2 to 2; 0 is
 *     none
 * @param presencePenalty what a token's logit loses once it came at all, -2 to 2; 0 is none
 * @param repeatPenalty what a token's logit is divided by once it came (multiplied, when negative),
 *     more than 0, at most {@link #MAX_REPEAT_PENALTY}; 1 is none
 * @param logitBias what is added to the logits of tokens, -100 to 100, by the model's token id, in
 *     the order of the ids; at most {@link #MAX_BIASES}
 * @param topLogprobs empty: no log probabilities are wanted; else those of the answer's tokens, and
 *     so many alternatives of each, 0 to {@link #MAX_TOP_LOGPROBS}
 * @param adapters the LoRA adapters that the model's weights are changed by, at most {@link
 *     AdapterUse#MAX_ADAPTERS}
 */
public record SamplingOptions(
    Optional<Temperature> temperature,
    Optional<Double> topP,
    Optional<Integer> topK,
    Optional<Double> minP,
    Optional<Long> seed,
    List<String> stop,
    Optional<Double> frequencyPenalty,
    Optional<Double> presencePenalty,
    Optional<Double> repeatPenalty,
    Map<Integer, Double> logitBias,
    Optional<Integer> topLogprobs,
    List<AdapterUse> adapters) {
  /** The most stop strings a request may name. */
  public static final int MAX_STOPS = 16;

  /** The most tokens a request may bias. */
  public static final int MAX_BIASES = 300;

  /** The most alternatives of a token a request may ask for. */
  public static final int MAX_TOP_LOGPROBS = 20;

  /** The largest repeat penalty. */
  public static final double MAX_REPEAT_PENALTY = 10;

  private static final double PENALTY_LIMIT = 2; // either way
  private static final double BIAS_LIMIT = 100; // either way

  /** Nothing asked; every choice is the provider's. */
  public static final SamplingOptions DEFAULTS = new Builder().build();

  /** Copies the collections and checks every range. */
  public SamplingOptions {
    stop = List.copyOf(stop);
    adapters = List.copyOf(adapters);
    logitBias = sorted(logitBias);
    topP.ifPresent(p -> check(p > 0 && p <= 1, "top_p", p, "more than 0, at most 1"));
    topK.ifPresent(k -> check(k >= 0, "top_k", k, "0 or more"));
    minP.ifPresent(p -> check(p >= 0 && p <= 1, "min_p", p, "0 to 1"));
    check(stop.size() <= MAX_STOPS, "stop", stop.size() + " strings", "at most " + MAX_STOPS);
    check(stop.stream().noneMatch(String::isEmpty), "stop", "an empty string", "not empty");
    frequencyPenalty.ifPresent(p -> penalty("frequency_penalty", p));
    presencePenalty.ifPresent(p -> penalty("presence_penalty", p));
    repeatPenalty.ifPresent(p ->
        check(
            p > 0 && p <= MAX_REPEAT_PENALTY,
            "repeat_penalty",
            p,
            "more than 0, at most " + MAX_REPEAT_PENALTY));
    biases(logitBias);
    topLogprobs.ifPresent(count ->
        check(
            count >= 0 && count <= MAX_TOP_LOGPROBS,
            "top_logprobs",
            count,
            "0 to " + MAX_TOP_LOGPROBS));
    check(
        adapters.size() <= AdapterUse.MAX_ADAPTERS,
        "lora",
        adapters.size() + " adapters",
        "at most " + AdapterUse.MAX_ADAPTERS);
  }

  /** A builder that asks for nothing yet. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that asks for what these options ask. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The same options with this temperature. */
  public SamplingOptions withTemperature(Temperature other) {
    return toBuilder().temperature(other).build();
  }

  /** Options set one by one; the last value of each counts. Not thread-safe. */
  public static final class Builder {
    private Optional<Temperature> temperature = Optional.empty();
    private Optional<Double> topP = Optional.empty();
    private Optional<Integer> topK = Optional.empty();
    private Optional<Double> minP = Optional.empty();
    private Optional<Long> seed = Optional.empty();
    private List<String> stop = List.of();
    private Optional<Double> frequencyPenalty = Optional.empty();
    private Optional<Double> presencePenalty = Optional.empty();
    private Optional<Double> repeatPenalty = Optional.empty();
    private Map<Integer, Double> logitBias = Map.of();
    private Optional<Integer> topLogprobs = Optional.empty();
    private List<AdapterUse> adapters = List.of();

    private Builder() {}

    private Builder(SamplingOptions from) {
      temperature = from.temperature;
      topP = from.topP;
      topK = from.topK;
      minP = from.minP;
      seed = from.seed;
      stop = from.stop;
      frequencyPenalty = from.frequencyPenalty;
      presencePenalty = from.presencePenalty;
      repeatPenalty = from.repeatPenalty;
      logitBias = from.logitBias;
      topLogprobs = from.topLogprobs;
      adapters = from.adapters;
    }

    /** Sets the temperature. */
    public Builder temperature(Temperature value) {
      temperature = Optional.of(value);
      return this;
    }

    /** Sets the nucleus. */
    public Builder topP(double value) {
      topP = Optional.of(value);
      return this;
    }

    /** Sets how many of the likeliest tokens there are to choose from. */
    public Builder topK(int value) {
      topK = Optional.of(value);
      return this;
    }

    /** Sets the smallest share of the likeliest token's probability. */
    public Builder minP(double value) {
      minP = Optional.of(value);
      return this;
    }

    /** Sets the seed. */
    public Builder seed(long value) {
      seed = Optional.of(value);
      return this;
    }

    /** Sets the strings that end the answer. */
    public Builder stop(List<String> value) {
      stop = value;
      return this;
    }

    /** Sets the penalty for each time a token came. */
    public Builder frequencyPenalty(double value) {
      frequencyPenalty = Optional.of(value);
      return this;
    }

    /** Sets the penalty for a token that came at all. */
    public Builder presencePenalty(double value) {
      presencePenalty = Optional.of(value);
      return this;
    }

    /** Sets the divisor for a token that came. */
    public Builder repeatPenalty(double value) {
      repeatPenalty = Optional.of(value);
      return this;
    }

    /** Sets what is added to tokens' logits. */
    public Builder logitBias(Map<Integer, Double> value) {
      logitBias = value;
      return this;
    }

    /** Asks for log probabilities, and so many alternatives of each token. */
    public Builder topLogprobs(int value) {
      topLogprobs = Optional.of(value);
      return this;
    }

    /** Sets the adapters. */
    public Builder adapters(List<AdapterUse> value) {
      adapters = value;
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException when one is out of its range
     */
    public SamplingOptions build() {
      return new SamplingOptions(
          temperature,
          topP,
          topK,
          minP,
          seed,
          stop,
          frequencyPenalty,
          presencePenalty,
          repeatPenalty,
          logitBias,
          topLogprobs,
          adapters);
    }
  }

  private static void penalty(String name, double value) {
    boolean legal = value >= -PENALTY_LIMIT && value <= PENALTY_LIMIT;
    check(legal, name, value, -PENALTY_LIMIT + " to " + PENALTY_LIMIT);
  }

  private static void biases(Map<Integer, Double> biases) {
    check(
        biases.size() <= MAX_BIASES,
        "logit_bias",
        biases.size() + " tokens",
        "at most " + MAX_BIASES);
    biases.forEach((token, bias) -> {
      check(token >= 0, "logit_bias", "of token " + token, "of a token's id, 0 or more");
      boolean legal = bias >= -BIAS_LIMIT && bias <= BIAS_LIMIT;
      check(legal, "logit_bias." + token, bias, -BIAS_LIMIT + " to " + BIAS_LIMIT);
    });
  }

  private static Map<Integer, Double> sorted(Map<Integer, Double> biases) {
    if (biases.isEmpty()) {
      return Map.of();
    }
    SortedMap<Integer, Double> sorted = new TreeMap<>(biases);
    return Collections.unmodifiableMap(sorted);
  }

  private static void check(boolean legal, String name, Object value, String range) {
    if (!legal) {
      throw new IllegalArgumentException(name + " " + value + " must be " + range);
    }
  }
}
