package llm.train.corpus;

/** The languages the built-in model answers in. */
public enum Language {
  ENGLISH,
  RUSSIAN
}
