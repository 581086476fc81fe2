package llm.gpu.engine;

import java.util.function.IntSupplier;
import llm.domain.chat.SamplingOptions;
import llm.domain.model.Temperature;
import llm.gpu.llama.SamplerOptions;

/** What a request leaves open is filled with the defaults of llama.cpp's own programs. */
final class Sampling {
  static final double TEMPERATURE = 0.8;
  static final int TOP_K = 40;
  static final double TOP_P = 0.95;
  static final double MIN_P = 0.05;

  private Sampling() {}

  /**
   * The sampler's options.
   *
   * @param randomSeed where a seed comes from when the request names none
   */
  static SamplerOptions of(SamplingOptions asked, IntSupplier randomSeed) {
    double temperature = asked.temperature().map(Temperature::value).orElse(TEMPERATURE);
    return new SamplerOptions(
        (float) temperature,
        asked.topK().orElse(TOP_K),
        Math.max(Float.MIN_NORMAL, asked.topP().orElse(TOP_P).floatValue()),
        asked.minP().orElse(MIN_P).floatValue(),
        asked.seed().map(seed -> Long.hashCode(seed)).orElseGet(randomSeed::getAsInt));
  }
}
