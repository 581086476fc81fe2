package llm.domain.call;

import java.time.Duration;
import java.util.Optional;

/**
 * What travels with one request through every layer: its identity, whose it is, how long it may
 * take, and the one way to stop it. A parameter everywhere; nothing reads it from a thread.
 *
 * <p>Cancellation is cooperative: {@link #cancel} runs the registered hooks (close a socket, raise
 * an abort flag) and the work ends itself with its terminal event. Interrupts are no cancel signal.
 *
 * <p>Thread-safe; no method blocks longer than the hooks take, and hooks must not block.
 */
public interface Call {

  /** The correlation id, the same for every child. */
  CallId id();

  /** Whose call it is. */
  Principal principal();

  /** The caller's trace context, when it sent one. */
  Optional<TraceContext> trace();

  /** When the call must have ended. */
  Deadline deadline();

  /** Why the call was cancelled; empty while it was not. */
  Optional<CancelReason> cancelled();

  /**
   * Cancels this call and its children.
   *
   * @return whether this reason was the first; a later one changes nothing
   */
  boolean cancel(CancelReason reason);

  /**
   * Runs {@code hook} once when the call is cancelled: on the cancelling thread, or here and now if
   * it already was. A hook that throws is logged and does not keep others from running.
   */
  Registration onCancel(Runnable hook);

  /**
   * Runs {@code hook} once when the call ends, on the thread that ends it, or here and now if it
   * has: what was taken for the call goes back when its answer is no longer needed.
   */
  void onEnd(Runnable hook);

  /** Notes that a line in the log tells how the call's work failed. */
  void failureLogged();

  /** Whether {@link #failureLogged} was noted, of this call or of a child. */
  boolean isFailureLogged();

  /** Notes who answers, or is asked to; a later one replaces it. Of this call or of a child. */
  void answeredBy(Answerer answerer);

  /** Who answers; empty as long as nobody was asked. */
  Optional<Answerer> answerer();

  /**
   * A call of its own with the same identity, an own cancellation and at most {@code budget} of
   * this call's remaining time. Cancelling this call cancels the child; never the other way.
   */
  Call child(Duration budget);

  /**
   * Says that the work is over: hooks of a cancellation are dropped, the deadline no longer fires
   * and the parent forgets this call. Idempotent; whoever made the call calls it, in a {@code
   * finally}.
   */
  void end();
}
