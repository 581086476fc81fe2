package llm.train.gguf;

import java.util.Map;

/**
 * What a model's file says of it, beside its weights.
 *
 * @param name for people
 * @param description one sentence
 * @param fallbacks by the language's code, as {@code en}: what is said where the model is unsure
 * @param minProbability below this probability of its likeliest first token it is unsure, 0 to 1
 * @param corpusHash the SHA-256 of what it learned
 */
public record ModelCard(
    String name,
    String description,
    Map<String, String> fallbacks,
    float minProbability,
    String corpusHash) {
  /** Copies the map. */
  public ModelCard {
    fallbacks = Map.copyOf(fallbacks);
  }
}
