package llm.domain.embedding;

import java.util.List;
import llm.domain.chat.Usage;

/**
 * The vectors of a request.
 *
 * @param model the model that made them
 * @param vectors one for each input, in the order of the inputs, all of one size
 * @param usage tokens taken; there are no completion tokens
 */
public record EmbeddingResult(String model, List<Embedding> vectors, Usage usage) {
  /** Copies the list; rejects none at all, and vectors of different sizes. */
  public EmbeddingResult {
    vectors = List.copyOf(vectors);
    if (vectors.stream().mapToInt(Embedding::size).distinct().count() != 1) {
      throw new IllegalArgumentException("vectors must be of one size, and there must be one");
    }
  }

  /** The size of each vector. */
  public int dimensions() {
    return vectors.getFirst().size();
  }

  /** The same with another usage. */
  public EmbeddingResult withUsage(Usage other) {
    return new EmbeddingResult(model, vectors, other);
  }
}
