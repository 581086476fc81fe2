package llm.domain.call;

/** Why a {@link Call} was cancelled. The first reason given wins and never changes. */
public enum CancelReason {
  /** The call's total time was used up. */
  DEADLINE(true),
  /** No first token came within the limit set for it. */
  FIRST_TOKEN(true),
  /** The stream was silent for longer than its idle limit. */
  IDLE(true),
  /** The client that asked went away. */
  CLIENT_GONE(false),
  /** The user asked to stop. */
  USER(false),
  /** The server is shutting down. */
  SHUTDOWN(false),
  /** Another attempt at the same request answered first. */
  HEDGE_LOST(false),
  /** The consumer closed the stream before its end. */
  CLOSED(false);

  private final boolean failure;

  CancelReason(boolean failure) {
    this.failure = failure;
  }

  /** Whether a stream cancelled so ends as failed (a limit was exceeded) rather than cancelled. */
  public boolean isFailure() {
    return failure;
  }
}
