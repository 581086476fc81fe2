package llm.domain.call;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import llm.domain.chat.Usage;

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

  /** The span that work for this call is part of; where nothing is recorded, it does nothing. */
  Span span();

  /** What those whom this call asks are told of its trace: {@link #span} is their parent. */
  default Optional<TraceContext> trace() {
    return span().context();
  }

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
   * Notes what the head of the answer is to say of how it was made; a later value of the same name
   * replaces it. Of this call or of a child. What comes after the head was sent is not told.
   *
   * @param header the name, in lower case, as a header of the answer has it
   * @param value visible ASCII
   */
  void note(String header, String value);

  /**
   * What the head of the request says of how it is to be answered; empty: nothing.
   *
   * @param header the name, in lower case
   */
  Optional<String> asked(String header);

  /** What was {@linkplain #note noted}, in the order of the names' first notes. */
  Map<String, String> notes();

  /**
   * The endpoint that it came in by, as {@code /v1/chat/completions}; empty: it is the server's own
   * work, for which nobody asked just now.
   */
  default Optional<String> endpoint() {
    return Optional.empty();
  }

  /**
   * Notes what one attempt to answer it took, whatever came of it. Of this call or of a child; kept
   * by whoever keeps an account of the call.
   *
   * @param model which answered
   * @param nanoDollars what it cost, in billionths of a US dollar; 0 where no price is known
   */
  default void spent(String model, Usage usage, long nanoDollars) {}

  /**
   * A call of its own with the same identity, an own cancellation and at most {@code budget} of
   * this call's remaining time. Cancelling this call cancels the child; never the other way.
   */
  default Call child(Duration budget) {
    return child(budget, span());
  }

  /** The same, whose work is part of {@code span}; that is for its beginner to end. */
  Call child(Duration budget, Span span);

  /**
   * Says that the work is over: hooks of a cancellation are dropped, the deadline no longer fires
   * and the parent forgets this call. Idempotent; whoever made the call calls it, in a {@code
   * finally}.
   */
  void end();
}
