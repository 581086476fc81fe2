package llm.domain.call;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import llm.domain.chat.Usage;

/**
 * A call that is another one in everything that a subclass does not answer by itself. What {@link
 * Call} makes of its other methods ({@link #trace}, {@link #child(Duration)}) is made of the
 * subclass's. As thread-safe as the other one is.
 */
public abstract class ForwardingCall implements Call {
  private final Call inner;

  /** The same as {@code inner}. */
  protected ForwardingCall(Call inner) {
    this.inner = Objects.requireNonNull(inner);
  }

  /** The other one. */
  protected final Call inner() {
    return inner;
  }

  @Override
  public CallId id() {
    return inner.id();
  }

  @Override
  public Principal principal() {
    return inner.principal();
  }

  @Override
  public Span span() {
    return inner.span();
  }

  @Override
  public Deadline deadline() {
    return inner.deadline();
  }

  @Override
  public Optional<CancelReason> cancelled() {
    return inner.cancelled();
  }

  @Override
  public boolean cancel(CancelReason reason) {
    return inner.cancel(reason);
  }

  @Override
  public Registration onCancel(Runnable hook) {
    return inner.onCancel(hook);
  }

  @Override
  public void onEnd(Runnable hook) {
    inner.onEnd(hook);
  }

  @Override
  public void failureLogged() {
    inner.failureLogged();
  }

  @Override
  public boolean isFailureLogged() {
    return inner.isFailureLogged();
  }

  @Override
  public void answeredBy(Answerer answerer) {
    inner.answeredBy(answerer);
  }

  @Override
  public Optional<Answerer> answerer() {
    return inner.answerer();
  }

  @Override
  public void note(String header, String value) {
    inner.note(header, value);
  }

  @Override
  public Optional<String> asked(String header) {
    return inner.asked(header);
  }

  @Override
  public Map<String, String> notes() {
    return inner.notes();
  }

  @Override
  public Optional<String> endpoint() {
    return inner.endpoint();
  }

  @Override
  public void spent(String model, Usage usage, long nanoDollars) {
    inner.spent(model, usage, nanoDollars);
  }

  @Override
  public Call child(Duration budget, Span span) {
    return inner.child(budget, span);
  }

  @Override
  public void end() {
    inner.end();
  }
}
