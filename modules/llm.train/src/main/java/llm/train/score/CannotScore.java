package llm.train.score;

/** There is no score: why, and what would help, in words for the user. */
final class CannotScore extends Exception {
  private static final long serialVersionUID = 1L;

  CannotScore(String message) {
    super(message, null, false, false);
  }
}
