package llm.server.boot;

/** Why the server does not start: one sentence for the user's terminal. */
final class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** The surroundings are in the way: the port is taken, for example. */
  private static final int CANNOT_START = 1;

  private static final int WRONG_CONFIGURATION = 2;

  private final int exitCode;

  StartFailure(String sentence, Throwable cause) {
    this(sentence, cause, CANNOT_START);
  }

  private StartFailure(String sentence, Throwable cause, int exitCode) {
    super(sentence, cause);
    this.exitCode = exitCode;
  }

  /** What the configuration names cannot be used. */
  static StartFailure ofConfiguration(String sentence, Throwable cause) {
    return new StartFailure(sentence, cause, WRONG_CONFIGURATION);
  }

  /** What the process ends with. */
  int exitCode() {
    return exitCode;
  }
}
