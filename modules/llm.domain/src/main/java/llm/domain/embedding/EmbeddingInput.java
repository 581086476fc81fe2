package llm.domain.embedding;

import java.util.List;

/** One thing to make a vector of. Never empty. */
public sealed interface EmbeddingInput {

  /** A text, for the model's own tokenizer. */
  record Text(String value) implements EmbeddingInput {
    /** Rejects the empty text. */
    public Text {
      if (value.isEmpty()) {
        throw new IllegalArgumentException("an input must not be empty; leave it out");
      }
    }
  }

  /**
   * Tokens of the model's own vocabulary, as some client's tokenizer made them.
   *
   * @param ids the tokens, each 0 or more
   */
  record Tokens(List<Integer> ids) implements EmbeddingInput {
    /** Copies the list; rejects an empty one and negative ids. */
    public Tokens {
      ids = List.copyOf(ids);
      if (ids.isEmpty()) {
        throw new IllegalArgumentException("an input must not be empty; leave it out");
      }
      for (int id : ids) {
        if (id < 0) {
          throw new IllegalArgumentException("token " + id + " must be 0 or more");
        }
      }
    }
  }
}
