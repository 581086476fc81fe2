package llm.gpu.text;

import java.util.Optional;
import llm.gpu.gguf.GgufHeader;

/**
 * How tokens are chosen where a request does not say: as the model's file does, by llama.cpp's keys
 * {@code general.sampling.*} ({@code llama_model_meta_key}, llama.h), else as llama.cpp's own
 * programs do. Values that are no numbers count as absent, those outside a range as its nearest
 * end.
 *
 * @param temperature 0 to 2
 * @param topK 0 for no limit
 * @param topP 0 to 1
 * @param minP 0 to 1
 * @param repeatPenalty above 0; 1 for none
 * @param repeatWindow how many of the tokens chosen last a repeat penalty looks at; -1: all of them
 */
public record SamplingDefaults(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repeatPenalty,
    int repeatWindow) {
  /** Of a file that says nothing. */
  public static final SamplingDefaults LLAMA_CPP =
      new SamplingDefaults(0.8, 40, 0.95, 0.05, 1.0, 64);

  private static final String KEYS = "general.sampling.";
  private static final double MOST_PENALTY = 100;
  private static final double LEAST_PENALTY = 0.01;

  /** What the file of this header says. */
  public static SamplingDefaults of(GgufHeader header) {
    return new SamplingDefaults(
        decimal(header, "temp", 0, 2).orElse(LLAMA_CPP.temperature),
        number(header, "top_k", 0).orElse(LLAMA_CPP.topK),
        decimal(header, "top_p", 0, 1).orElse(LLAMA_CPP.topP),
        decimal(header, "min_p", 0, 1).orElse(LLAMA_CPP.minP),
        decimal(header, "penalty_repeat", LEAST_PENALTY, MOST_PENALTY)
            .orElse(LLAMA_CPP.repeatPenalty),
        number(header, "penalty_last_n", -1).orElse(LLAMA_CPP.repeatWindow));
  }

  /** How many of the last tokens count, of an answer in a window of {@code contextTokens}. */
  int repeatWindow(int contextTokens) {
    return repeatWindow < 0 ? contextTokens : repeatWindow;
  }

  private static Optional<Double> decimal(
      GgufHeader header, String key, double least, double most) {
    return Optional.ofNullable(header.decimals().get(KEYS + key))
        .filter(value -> !value.isNaN())
        .map(value -> Math.clamp(exact(value), least, most));
  }

  /** The decimal that was written: 0.95, where the nearest float is 0.949999988. */
  private static double exact(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private static Optional<Integer> number(GgufHeader header, String key, int least) {
    return Optional.ofNullable(header.numbers().get(KEYS + key))
        .map(value -> Math.clamp(value, least, Integer.MAX_VALUE));
  }
}
