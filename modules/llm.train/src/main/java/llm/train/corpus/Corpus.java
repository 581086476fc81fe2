package llm.train.corpus;

import java.util.random.RandomGenerator;

/** Chats without end, for a model to learn from. Immutable: threads may share it. */
public interface Corpus {

  /** A dialogue by lot. The same generator in the same state gives the same dialogue. */
  Dialogue next(RandomGenerator random);

  /** What is answered to whatever the model has not learned. */
  String fallback(Language language);

  /** SHA-256 in hex of all that dialogues are made of; it changes when what is learned changes. */
  String sha256();
}
