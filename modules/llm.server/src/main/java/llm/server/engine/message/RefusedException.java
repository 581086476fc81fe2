package llm.server.engine.message;

import java.io.IOException;

/** A request that is refused; without a stack trace, since its cause is what the client sent. */
public final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  /** The signal of {@code refusal}. */
  public RefusedException(Refusal refusal) {
    super(refusal.message());
    this.refusal = refusal;
  }

  /** Why. */
  public Refusal refusal() {
    return refusal;
  }

  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
