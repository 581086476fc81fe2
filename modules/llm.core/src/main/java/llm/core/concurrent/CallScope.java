package llm.core.concurrent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Deadline;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;

/**
 * The one implementation of {@link Call}: its deadline is armed when it is made and fires as a
 * cancellation with {@link CancelReason#DEADLINE}.
 */
public final class CallScope implements Call, AutoCloseable {
  private final CallId id;
  private final Principal principal;
  private final Span span;
  private final Deadline deadline;
  private final Alarms alarms;
  private final Consumer<Throwable> onHookFailure;
  private final Notes notes; // one for a call and all its children

  private final Object lock = new Object();
  private final List<Hook> hooks = new ArrayList<>(4); // guarded by lock
  private volatile CancelReason reason; // written under lock
  private List<Runnable> endHooks = new ArrayList<>(2); // guarded by lock
  private boolean ended; // guarded by lock
  private Registration parentLink = () -> {}; // guarded by lock
  private Registration alarm = () -> {}; // guarded by lock

  private CallScope(
      CallId id,
      Principal principal,
      Span span,
      Deadline deadline,
      Alarms alarms,
      Consumer<Throwable> onHookFailure,
      Notes notes) {
    this.id = id;
    this.principal = principal;
    this.span = span;
    this.deadline = deadline;
    this.alarms = alarms;
    this.onHookFailure = onHookFailure;
    this.notes = notes;
  }

  /** A call whose trace, if there is one, is recorded by others alone. */
  public static CallScope open(
      CallId id,
      Principal principal,
      Optional<TraceContext> trace,
      Duration budget,
      Alarms alarms,
      Consumer<Throwable> onHookFailure) {
    return open(id, principal, Span.passing(trace), budget, alarms, onHookFailure);
  }

  /**
   * A call without a parent.
   *
   * @param span what its work is part of, for the caller to end
   * @param budget the total time it may take, positive
   * @param onHookFailure is told what a cancellation hook threw
   */
  public static CallScope open(
      CallId id,
      Principal principal,
      Span span,
      Duration budget,
      Alarms alarms,
      Consumer<Throwable> onHookFailure) {
    var deadline = Deadline.after(alarms.time().nanoTime(), budget);
    var scope = new CallScope(id, principal, span, deadline, alarms, onHookFailure, new Notes());
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
  public Span span() {
    return span;
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
  public Optional<String> endpoint() {
    return notes.endpoint;
  }

  /**
   * Says by which endpoint it came in, before anything is done for it. Of children, too.
   *
   * @return this call
   */
  public CallScope by(String endpoint) {
    notes.endpoint = Optional.of(endpoint);
    return this;
  }

  @Override
  public void note(String header, String value) {
    notes.note(header, value);
  }

  /**
   * Says what {@link #asked} tells from now on, of this call and of its children.
   *
   * @param header the name, in lower case
   */
  public void ask(String header, String value) {
    notes.ask(header, value);
  }

  @Override
  public Optional<String> asked(String header) {
    return Optional.ofNullable(notes.asked.get(header));
  }

  @Override
  public Map<String, String> notes() {
    return Collections.unmodifiableMap(notes.told());
  }

  @Override
  public Call child(Duration budget, Span within) {
    var own = Deadline.after(alarms.time().nanoTime(), budget);
    var child =
        new CallScope(id, principal, within, own.min(deadline), alarms, onHookFailure, notes);
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
    private volatile Optional<String> endpoint = Optional.empty();
    private final Map<String, String> told = new LinkedHashMap<>(); // guarded by this
    private volatile Map<String, String> asked = Map.of(); // the same, written under this

    private synchronized void note(String header, String value) {
      told.put(header, value);
    }

    private synchronized void ask(String header, String value) {
      var more = new LinkedHashMap<>(asked);
      more.put(header, value);
      asked = more;
    }

    private synchronized Map<String, String> told() {
      return told.isEmpty() ? Map.of() : new LinkedHashMap<>(told);
    }
  }

  /** Compared by identity, so that the same action may be registered twice. */
  private static final class Hook {
    private final Runnable action;

    private Hook(Runnable action) {
      this.action = action;
    }
  }
}
