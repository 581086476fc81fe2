package llm.core.concurrent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Deadline;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.call.TraceContext;

/**
 * The one implementation of {@link Call}: its deadline is armed when it is made and fires as a
 * cancellation with {@link CancelReason#DEADLINE}.
 */
public final class CallScope implements Call, AutoCloseable {
  private final CallId id;
  private final Principal principal;
  private final Optional<TraceContext> trace;
  private final Deadline deadline;
  private final Alarms alarms;
  private final Consumer<Throwable> onHookFailure;
  private final Notes notes; // one for a call and all its children

  private final Object lock = new Object();
  private final List<Hook> hooks = new ArrayList<>(4); // guarded by lock
  private volatile CancelReason reason; // written under lock
  private List<Runnable> endHooks = List.of(); // guarded by lock
  private boolean ended; // guarded by lock
  private Registration parentLink = () -> {}; // guarded by lock
  private Registration alarm = () -> {}; // guarded by lock

  private CallScope(
      CallId id,
      Principal principal,
      Optional<TraceContext> trace,
      Deadline deadline,
      Alarms alarms,
      Consumer<Throwable> onHookFailure,
      Notes notes) {
    this.id = id;
    this.principal = principal;
    this.trace = trace;
    this.deadline = deadline;
    this.alarms = alarms;
    this.onHookFailure = onHookFailure;
    this.notes = notes;
  }

  /**
   * A call without a parent.
   *
   * @param budget the total time it may take, positive
   * @param onHookFailure is told what a cancellation hook threw
   */
  public static CallScope open(
      CallId id,
      Principal principal,
      Optional<TraceContext> trace,
      Duration budget,
      Alarms alarms,
      Consumer<Throwable> onHookFailure) {
    var deadline = Deadline.after(alarms.time().nanoTime(), budget);
    var scope = new CallScope(id, principal, trace, deadline, alarms, onHookFailure, new Notes());
    scope.arm();
    return scope;
  }

  @Override
  public CallId id() {
    return id;
  }

  @Override
  public Principal principal() {
    return principal;
  }

  @Override
  public Optional<TraceContext> trace() {
    return trace;
  }

  @Override
  public Deadline deadline() {
    return deadline;
  }

  @Override
  public Optional<CancelReason> cancelled() {
    return Optional.ofNullable(reason);
  }

  @Override
  public boolean cancel(CancelReason why) {
    List<Hook> toRun;
    synchronized (lock) {
      if (reason != null) {
        return false;
      }
      reason = why; // after the end too: a producer that still polls must see it
      toRun = List.copyOf(hooks);
      hooks.clear();
    }
    toRun.forEach(hook -> run(hook.action));
    return true;
  }

  @Override
  public Registration onCancel(Runnable action) {
    var hook = new Hook(action);
    synchronized (lock) {
      if (ended) {
        return () -> {};
      }
      if (reason == null) {
        hooks.add(hook);
        return () -> remove(hook);
      }
    }
    run(action);
    return () -> {};
  }

  @Override
  public void onEnd(Runnable hook) {
    synchronized (lock) {
      if (!ended) {
        endHooks = new ArrayList<>(endHooks);
        endHooks.add(hook);
        return;
      }
    }
    run(hook);
  }

  @Override
  public void failureLogged() {
    notes.failureLogged = true;
  }

  @Override
  public boolean isFailureLogged() {
    return notes.failureLogged;
  }

  @Override
  public void answeredBy(Answerer answerer) {
    notes.answerer = Optional.of(answerer);
  }

  @Override
  public Optional<Answerer> answerer() {
    return notes.answerer;
  }

  @Override
  public Call child(Duration budget) {
    var own = Deadline.after(alarms.time().nanoTime(), budget);
    var child =
        new CallScope(id, principal, trace, own.min(deadline), alarms, onHookFailure, notes);
    child.link(onCancel(() -> child.cancel(reason)));
    if (child.deadline.atNanos() != deadline.atNanos()) {
      child.arm(); // else the parent's own alarm cancels both
    }
    return child;
  }

  @Override
  public void end() {
    Registration link;
    Registration timer;
    List<Runnable> toRun;
    synchronized (lock) {
      ended = true;
      hooks.clear();
      toRun = endHooks;
      endHooks = List.of();
      link = parentLink;
      timer = alarm;
    }
    link.close();
    timer.close();
    toRun.forEach(this::run);
  }

  /** Same as {@link #end()}, for a try block. */
  @Override
  public void close() {
    end();
  }

  /** Hooks that wait for a cancellation; for tests. */
  int hookCount() {
    synchronized (lock) {
      return hooks.size();
    }
  }

  private void link(Registration toParent) {
    synchronized (lock) {
      parentLink = toParent;
    }
  }

  private void arm() {
    var timer = alarms.at(deadline.atNanos(), () -> cancel(CancelReason.DEADLINE));
    boolean over;
    synchronized (lock) {
      alarm = timer;
      over = ended;
    }
    if (over) {
      end();
    }
  }

  private void remove(Hook hook) {
    synchronized (lock) {
      hooks.remove(hook);
    }
  }

  private void run(Runnable hook) {
    try {
      hook.run();
    } catch (RuntimeException | Error failure) {
      onHookFailure.accept(failure);
    }
  }

  /** What is noted of a call and of its children alike. */
  private static final class Notes {
    private volatile boolean failureLogged;
    private volatile Optional<Answerer> answerer = Optional.empty();
  }

  /** Compared by identity, so that the same action may be registered twice. */
  private static final class Hook {
    private final Runnable action;

    private Hook(Runnable action) {
      this.action = action;
    }
  }
}
