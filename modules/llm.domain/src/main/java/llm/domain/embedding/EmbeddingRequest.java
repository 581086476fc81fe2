package llm.domain.embedding;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.chat.JsonText;
import llm.domain.model.ModelName;

/**
 * What a caller asks of a model that makes vectors, in no dialect.
 *
 * @param model the model, already resolved from the default
 * @param inputs what to make vectors of, 1 to {@value #MOST_INPUTS}
 * @param dimensions how long the vectors are to be, 1 or more; empty: as long as the model makes
 *     them
 * @param extensions fields of the caller's body that are not known here, by name, relayed untouched
 *     to providers that speak the same dialect
 */
public record EmbeddingRequest(
    ModelName model,
    List<EmbeddingInput> inputs,
    Optional<Integer> dimensions,
    Map<String, JsonText> extensions) {
  /** The most inputs of one request, as OpenAI has it. */
  public static final int MOST_INPUTS = 2_048;

  /** The most tokens of all inputs together, as OpenAI has it. */
  public static final int MOST_TOKENS = 300_000;

  /** Copies the collections; rejects what is out of bounds. */
  public EmbeddingRequest {
    inputs = List.copyOf(inputs);
    extensions = Map.copyOf(extensions);
    if (inputs.isEmpty() || inputs.size() > MOST_INPUTS) {
      throw new IllegalArgumentException(
          "input must hold 1 to " + MOST_INPUTS + " inputs, got " + inputs.size());
    }
    if (dimensions.isPresent() && dimensions.get() < 1) {
      throw new IllegalArgumentException("dimensions " + dimensions.get() + " must be at least 1");
    }
    long tokens = givenTokens(inputs);
    if (tokens > MOST_TOKENS) {
      throw new IllegalArgumentException(
          "input holds " + tokens + " tokens and may hold " + MOST_TOKENS + "; send less at once");
    }
  }

  /** A request for vectors of these texts, as long as the model makes them. */
  public static EmbeddingRequest of(ModelName model, String... texts) {
    List<EmbeddingInput> inputs =
        List.of(texts).stream().<EmbeddingInput>map(EmbeddingInput.Text::new).toList();
    return new EmbeddingRequest(model, inputs, Optional.empty(), Map.of());
  }

  /** The same request for another model. */
  public EmbeddingRequest withModel(ModelName other) {
    return new EmbeddingRequest(other, inputs, dimensions, extensions);
  }

  private static long givenTokens(List<EmbeddingInput> inputs) {
    long tokens = 0;
    for (EmbeddingInput input : inputs) {
      tokens += input instanceof EmbeddingInput.Tokens given ? given.ids().size() : 0;
    }
    return tokens;
  }
}
