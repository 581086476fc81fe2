package llm.gpu.engine;

import java.time.Duration;
import java.util.Optional;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Deadline;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.call.TraceContext;

/** A call that tells whenever somebody looks whether it was cancelled. */
record AskedCall(Call call, Look look) implements Call {
  interface Look {
    void now();
  }

  @Override
  public Optional<CancelReason> cancelled() {
    look.now();
    return call.cancelled();
  }

  @Override
  public CallId id() {
    return call.id();
  }

  @Override
  public Principal principal() {
    return call.principal();
  }

  @Override
  public Optional<TraceContext> trace() {
    return call.trace();
  }

  @Override
  public Deadline deadline() {
    return call.deadline();
  }

  @Override
  public boolean cancel(CancelReason reason) {
    return call.cancel(reason);
  }

  @Override
  public Registration onCancel(Runnable hook) {
    return call.onCancel(hook);
  }

  @Override
  public void onEnd(Runnable hook) {
    call.onEnd(hook);
  }

  @Override
  public void failureLogged() {
    call.failureLogged();
  }

  @Override
  public boolean isFailureLogged() {
    return call.isFailureLogged();
  }

  @Override
  public void answeredBy(Answerer answerer) {
    call.answeredBy(answerer);
  }

  @Override
  public Optional<Answerer> answerer() {
    return call.answerer();
  }

  @Override
  public Call child(Duration budget) {
    return call.child(budget);
  }

  @Override
  public void end() {
    call.end();
  }
}
