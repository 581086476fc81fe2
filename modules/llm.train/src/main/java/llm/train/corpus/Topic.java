package llm.train.corpus;

/**
 * Something the model knows to say, in one language.
 *
 * @param id the topic's id, the same in every language
 * @param answer the answer, placeholders resolved
 * @param questions wordings of questions that it answers
 * @param keys words that mean the topic whatever stands around them
 * @param lookalikes questions with its words that it does not answer
 */
record Topic(
    String id,
    Language language,
    String answer,
    Phrases questions,
    Phrases keys,
    Phrases lookalikes) {

  /** The id of what is answered to everything else; its phrases are all lookalikes. */
  static final String FALLBACK = "fallback";

  boolean isFallback() {
    return id.equals(FALLBACK);
  }
}
