package llm.core.connection;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.connection.Attempt.Outcome;
import llm.core.connection.LinkEvents.Kind;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.TimeSource;
import llm.domain.port.WarmPlan;
import llm.domain.port.WarmPlan.EmptyGeneration;

/**
 * The connection to one provider and its schedule. One attempt at a time; the next alarm is set
 * when one has ended, so that a slow answer makes no crowd. Alarms start threads and block nobody.
 */
final class Link implements AutoCloseable {
  /** A model may have to be loaded first. */
  private static final Duration GENERATION_PATIENCE = Duration.ofMinutes(2);

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MS = 1e6;

  /** What an alarm leads to. */
  private enum Next {
    PING,
    REST,
    WAIT
  }

  private final String provider;
  private final Optional<ConnectionWarmer> warmer;
  private final Optional<WarmPlan> plan;
  private final Models models;
  private final LinkEvents events;
  private final Alarms alarms;
  private final TimeSource time;
  private volatile long usedNanos; // when a request was sent last
  private volatile boolean resting; // written under lock
  private volatile boolean shaken; // a handshake was made
  private volatile Optional<Handshake> last = Optional.empty();
  private volatile Optional<Attempt> latest = Optional.empty(); // that said something

  private final Object lock = new Object();
  private Call trying; // guarded by lock; null: nothing is tried
  private Registration alarm = () -> {}; // guarded by lock
  private boolean closed; // guarded by lock
  private long rounds; // guarded by lock

  Link(ChatProvider provider, Models models, LinkEvents events, Alarms alarms) {
    this.provider = provider.id();
    this.warmer = provider.connection();
    this.plan = warmer.flatMap(ConnectionWarmer::plan);
    this.models = models;
    this.events = events;
    this.alarms = alarms;
    this.time = alarms.time();
    this.usedNanos = time.nanoTime();
  }

  /** Who makes it ready. */
  Optional<ConnectionWarmer> warmer() {
    return warmer;
  }

  /** The last handshake. */
  Optional<Handshake> last() {
    return last;
  }

  /** How it is, if it is kept. */
  Optional<String> state() {
    return plan.map(_ -> resting ? "Connection at rest: nobody asks." : tried());
  }

  /** Begins to keep it, if it is to be kept. */
  void start() {
    if (plan.isPresent()) {
      usedNanos = time.nanoTime();
      inThread();
    }
  }

  /** A request goes over it. */
  void used() {
    usedNanos = time.nanoTime();
    if (resting) {
      wake();
    }
  }

  /** Makes it ready for somebody who waits for that. */
  Handshake handshake(ConnectionWarmer by, Optional<ModelName> model, Call call)
      throws LlmException {
    used();
    take(call);
    Attempt attempt;
    try {
      events.starts(Kind.HANDSHAKE, call);
      attempt = attempt(by, model, call);
      learn(Kind.HANDSHAKE, attempt);
    } finally {
      leave();
    }
    events.finished(Kind.HANDSHAKE, call, attempt);
    if (attempt.failure().isPresent()) {
      call.failureLogged();
      throw new LlmException(attempt.failure().get());
    }
    return attempt.handshake(provider);
  }

  @Override
  public void close() {
    Call stopped;
    synchronized (lock) {
      closed = true;
      alarm.close();
      lock.notifyAll();
      stopped = trying;
    }
    if (stopped != null) {
      stopped.cancel(CancelReason.SHUTDOWN);
    }
  }

  private String tried() {
    return latest
        .map(attempt ->
            attempt.outcome() == Outcome.LOST
                ? "Connection lost."
                : "Connection warm, last ping "
                    + Math.round(attempt.pingNanos().orElse(0L) / NANOS_PER_MS)
                    + " ms.")
        .orElse("Connection not tried yet.");
  }

  private void inThread() {
    Thread.ofVirtual().name("warm-" + provider).start(this::round);
  }

  /** One attempt of our own. */
  private void round() {
    CallScope call = begin();
    if (call == null) {
      return;
    }
    WarmPlan kept = plan.orElseThrow();
    Kind kind = shaken ? Kind.PING : Kind.HANDSHAKE;
    boolean generates =
        kept.generation() == EmptyGeneration.ALWAYS
            || kept.generation() == EmptyGeneration.HANDSHAKE && kind == Kind.HANDSHAKE;
    Attempt attempt;
    try (call) {
      events.starts(kind, call);
      attempt = attempt(warmer.orElseThrow(), generates ? kept.model() : Optional.empty(), call);
      learn(kind, attempt);
    } finally {
      synchronized (lock) {
        leave();
        arm(time.nanoTime() + kept.interval().toNanos());
      }
    }
    events.finished(kind, call, attempt);
  }

  private CallScope begin() {
    synchronized (lock) {
      if (closed) {
        return null;
      }
      if (trying != null) { // somebody's handshake does as well
        arm(time.nanoTime() + plan.orElseThrow().interval().toNanos());
        return null;
      }
      CallScope call =
          CallScope.open(
              new CallId("warm-" + provider + "-" + ++rounds),
              Connections.KEEPER,
              Optional.empty(),
              plan.orElseThrow().patience().plus(GENERATION_PATIENCE),
              alarms,
              events::hookFailed);
      trying = call;
      return call;
    }
  }

  /** The alarm's time has come. */
  private void due() {
    switch (next(plan.orElseThrow())) {
      case PING -> inThread();
      case REST -> {
        events.rests(plan.orElseThrow().idle().toNanos() / NANOS_PER_SECOND);
        warmer.orElseThrow().rest();
      }
      case WAIT -> {} // the next alarm is set
    }
  }

  private Next next(WarmPlan kept) {
    synchronized (lock) {
      if (closed) {
        return Next.WAIT;
      }
      if (goesToRest(kept)) {
        return Next.REST;
      }
      long used = usedNanos;
      long now = time.nanoTime();
      boolean inUse = shaken && now - used < kept.interval().toNanos();
      if (inUse || trying != null) {
        arm((inUse ? used : now) + kept.interval().toNanos());
        return Next.WAIT;
      }
      return Next.PING;
    }
  }

  /** Both this and a request write first and look then, so that one of the two sees the other. */
  private boolean goesToRest(WarmPlan kept) {
    resting = kept.idle().isPositive();
    resting = resting && time.nanoTime() - usedNanos >= kept.idle().toNanos();
    return resting;
  }

  private void wake() {
    synchronized (lock) {
      if (resting) {
        resting = false;
        arm(usedNanos + plan.orElseThrow().interval().toNanos());
      }
    }
  }

  /** Sets the one alarm; the lock is held. */
  private void arm(long atNanos) {
    alarm.close();
    if (!closed) {
      alarm = alarms.at(atNanos, this::due);
    }
  }

  private void take(Call call) throws LlmException {
    Registration hook =
        call.onCancel(() -> {
          synchronized (lock) {
            lock.notifyAll();
          }
        });
    try {
      synchronized (lock) {
        while (trying != null && !closed && call.cancelled().isEmpty()) {
          lock.wait();
        }
        Optional<CancelReason> over =
            closed ? Optional.of(CancelReason.SHUTDOWN) : call.cancelled();
        if (over.isPresent()) {
          throw stopped(over.get(), call);
        }
        trying = call;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new LlmException(new LlmError.Cancelled(CancelReason.CLOSED));
    } finally {
      hook.close();
    }
  }

  private void leave() {
    synchronized (lock) {
      trying = null;
      lock.notifyAll();
    }
  }

  private Attempt attempt(ConnectionWarmer by, Optional<ModelName> model, Call call) {
    long began = time.nanoTime();
    Optional<Long> ping = Optional.empty();
    Optional<Long> generation = Optional.empty();
    OptionalInt status = OptionalInt.empty();
    Optional<LlmError> failure = Optional.empty();
    try {
      status = ping(by, call);
      ping = Optional.of(time.nanoTime() - began);
      if (model.isPresent()) {
        long begun = time.nanoTime();
        generate(model.get(), call);
        generation = Optional.of(time.nanoTime() - begun);
      }
    } catch (LlmException failed) {
      failure = Optional.of(failed.error());
    } catch (RuntimeException bug) {
      events.threw(call, bug);
      failure = Optional.of(new LlmError.Internal());
    }
    return new Attempt(time.nanoTime() - began, ping, status, generation, failure);
  }

  private OptionalInt ping(ConnectionWarmer by, Call call) throws LlmException {
    Call own = plan.map(kept -> call.child(kept.patience())).orElse(call);
    try {
      return by.ping(own);
    } catch (LlmException failed) {
      throw own.cancelled().isPresent() ? stopped(own.cancelled().get(), own) : failed;
    } finally {
      if (own != call) {
        own.end();
      }
    }
  }

  private void generate(ModelName model, Call call) throws LlmException {
    Call own = call.child(GENERATION_PATIENCE);
    try {
      models.generateFromNothing(model, own);
    } finally {
      own.end();
    }
  }

  private LlmException stopped(CancelReason reason, Call call) {
    return new LlmException(
        reason.isFailure()
            ? new LlmError.DeadlineExceeded(
                reason, "Provider '" + provider + "'", call.deadline().budget())
            : new LlmError.Cancelled(reason));
  }

  private void learn(Kind kind, Attempt attempt) {
    if (attempt.outcome() == Outcome.NONE) {
      return;
    }
    latest = Optional.of(attempt);
    if (kind == Kind.HANDSHAKE && attempt.pingNanos().isPresent()) {
      shaken = true;
      last = Optional.of(attempt.handshake(provider));
    }
  }
}
