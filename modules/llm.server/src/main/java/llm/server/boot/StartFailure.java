package llm.server.boot;

/** Why the server does not start: one sentence for the user's terminal. */
final class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  StartFailure(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
