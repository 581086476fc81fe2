package llm.train.corpus;

import java.util.List;
import java.util.random.RandomGenerator;

/** What a model learns: dialogues without end, drawn by chance. */
public interface Corpus {
  /** A dialogue; the same of the same generator in the same state. */
  Dialogue next(RandomGenerator random);

  /**
   * Questions that no dialogue asks, with their answers, by which it is found out how sure a model
   * must be to answer. Empty: dialogues that are not learned stand in.
   */
  default List<Exchange> tuning() {
    return List.of();
  }

  /** What is said in {@code language} where the model has no answer. */
  String fallback(Language language);

  /** The SHA-256 of all that is learned, in hexadecimal: it changes exactly when that does. */
  String sha256();
}
