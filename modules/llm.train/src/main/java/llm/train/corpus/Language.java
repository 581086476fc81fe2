package llm.train.corpus;

/** A language that the model answers in. */
public enum Language {
  ENGLISH,
  RUSSIAN
}
