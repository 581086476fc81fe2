package llm.bench.system;

/** The measurement cannot be made; the message says why and what helps. */
public final class BenchFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public BenchFailure(String message) {
    super(message);
  }
}
