package llm.domain.error;

/** Carries an {@link LlmError} across module exports; the only exception that crosses them. */
public final class LlmException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient LlmError error;

  /** An expected failure without a deeper cause. */
  public LlmException(LlmError error) {
    super(error.message());
    this.error = error;
  }

  /** A failure whose cause belongs into the log; clients never see it. */
  public LlmException(LlmError error, Throwable cause) {
    super(error.message(), cause);
    this.error = error;
  }

  /** What failed. */
  public LlmError error() {
    return error;
  }
}
