package llm.domain.port;

/** How a provider goes on with an answer that another one began. */
public enum Continuation {
  /** Not at all. */
  NEVER,
  /** By an instruction in words, where the configuration allows that at large. */
  IF_ALLOWED,
  /** By an instruction in words: its user has said so. */
  INSTRUCTED,
  /**
   * From the end of a last message of the assistant, by {@link
   * llm.domain.chat.AnswerForm#continues}. What comes begins behind it.
   */
  PREFILLED,
  /** The same, but what comes may begin with all of that message once more. */
  ECHOED
}
