package llm.gpu.text;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import llm.domain.chat.SamplingOptions;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.llama.SamplerOptions;

/** How the tokens of an answer are chosen. */
public final class Sampling {
  private Sampling() {}

  /**
   * The sampler's options.
   *
   * @param defaults what a request leaves open
   * @param contextTokens the window: frequency and presence count over the whole answer
   * @param randomSeed where a seed comes from when the request names none
   */
  public static SamplerOptions of(
      SamplingOptions asked, SamplingDefaults defaults, int contextTokens, IntSupplier randomSeed) {
    double temperature = asked.temperature().map(Temperature::value).orElse(defaults.temperature());
    return new SamplerOptions(
        (float) temperature,
        asked.topK().orElse(defaults.topK()),
        Math.max(Float.MIN_NORMAL, asked.topP().orElse(defaults.topP()).floatValue()),
        asked.minP().orElse(defaults.minP()).floatValue(),
        asked.seed().map(seed -> Long.hashCode(seed)).orElseGet(randomSeed::getAsInt),
        penalties(asked, defaults, contextTokens),
        bias(asked));
  }

  /**
   * Checks the tokens that are named.
   *
   * @param vocabulary how many tokens the model has
   * @throws LlmException when one is not among them
   */
  public static void requireTokens(SamplingOptions asked, int vocabulary) throws LlmException {
    for (int token : asked.logitBias().keySet()) {
      if (token < 0 || token >= vocabulary) {
        throw new LlmException(
            LlmError.InvalidRequest.at(
                "logit_bias",
                "Token "
                    + token
                    + " is not one of this model's "
                    + vocabulary
                    + "; name tokens from 0 to "
                    + (vocabulary - 1)
                    + "."));
      }
    }
  }

  private static SamplerOptions.Penalties penalties(
      SamplingOptions asked, SamplingDefaults defaults, int contextTokens) {
    float frequency = asked.frequencyPenalty().orElse(0.0).floatValue();
    float presence = asked.presencePenalty().orElse(0.0).floatValue();
    boolean wholeAnswer = frequency != 0 || presence != 0;
    return new SamplerOptions.Penalties(
        wholeAnswer ? contextTokens : defaults.repeatWindow(contextTokens),
        Math.max(
            Float.MIN_NORMAL, asked.repeatPenalty().orElse(defaults.repeatPenalty()).floatValue()),
        frequency,
        presence);
  }

  private static Map<Integer, Float> bias(SamplingOptions asked) {
    Map<Integer, Float> bias = new HashMap<>();
    asked.logitBias().forEach((token, value) -> bias.put(token, value.floatValue()));
    return bias;
  }
}
