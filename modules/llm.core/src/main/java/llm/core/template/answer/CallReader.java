package llm.core.template.answer;

/** Reads one call, or one array of calls, from behind its mark. */
interface CallReader {
  /** What came of it. */
  enum Outcome {
    /** More text is needed. */
    WAITING,
    /** The calls are over; what follows is left. */
    DONE,
    /** It only looked like a call, and nothing was told of it: all that was taken is put back. */
    NO_CALL
  }

  /**
   * Takes from the front of {@code held} what it can be sure of.
   *
   * @param last whether no more text comes
   */
  Outcome read(StringBuilder held, Calls calls, boolean last);
}
