package llm.train.corpus;

import java.util.random.RandomGenerator;

/** What a model learns: dialogues without end, drawn by chance. */
public interface Corpus {
  /** A dialogue; the same of the same generator in the same state. */
  Dialogue next(RandomGenerator random);

  /** What is said in {@code language} where the model has no answer. */
  String fallback(Language language);

  /** The SHA-256 of all that is learned, in hexadecimal: it changes exactly when that does. */
  String sha256();
}
