package llm.core.connection;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.Turn;
import llm.core.connection.Attempt.Outcome;
import llm.core.connection.LinkEvents.Kind;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.Registration;
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
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MS = 1e6;

  /** What an alarm leads to. */
  private enum Next {
    PING,
    REST,
    WAIT
  }

  private final ChatProvider to;
  private final String provider;
  private final Optional<ConnectionWarmer> warmer;
  private final Optional<WarmPlan> plan;
  private final Attempts attempts;
  private final LinkEvents events;
  private final Alarms alarms;
  private final TimeSource time;
  private volatile long usedNanos; // when a request was sent last
  private volatile boolean resting; // written under lock
  private volatile boolean shaken; // a handshake was made
  private volatile Optional<Handshake> last = Optional.empty();
  private volatile Optional<Attempt> latest = Optional.empty(); // that said something

  private final Turn turn;
  private final Object lock = new Object();
  private Registration alarm = () -> {}; // guarded by lock
  private boolean closed; // guarded by lock
  private final AtomicLong rounds = new AtomicLong();

  Link(ChatProvider provider, Models models, LinkEvents events, Alarms alarms) {
    this.to = provider;
    this.provider = provider.id();
    this.warmer = provider.connection();
    this.plan = warmer.flatMap(ConnectionWarmer::plan);
    this.events = events;
    this.alarms = alarms;
    this.time = alarms.time();
    this.attempts = new Attempts(this.provider, plan, models, events, time);
    this.turn = new Turn("Handshake with provider '" + this.provider + "'");
    this.usedNanos = time.nanoTime();
  }

  /** Whether it is this provider's, and not that of another one of the same id. */
  boolean isTo(ChatProvider other) {
    return to == other;
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
    turn.take(call);
    Attempt attempt;
    try {
      events.starts(Kind.HANDSHAKE, call);
      attempt = attempts.make(by, model, call);
      learn(Kind.HANDSHAKE, attempt);
    } finally {
      turn.give();
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
    synchronized (lock) {
      closed = true;
      alarm.close();
    }
    turn.close();
  }

  private String tried() {
    return latest
        .map(attempt ->
            isLost()
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
      attempt =
          attempts.make(warmer.orElseThrow(), generates ? kept.model() : Optional.empty(), call);
      learn(kind, attempt);
    } finally {
      turn.give();
      armAfter(kept);
    }
    events.finished(kind, call, attempt);
  }

  /** The call of an attempt, its turn taken; null when it is not to be. */
  private CallScope begin() {
    WarmPlan kept = plan.orElseThrow();
    CallScope call =
        CallScope.open(
            new CallId("warm-" + provider + "-" + rounds.incrementAndGet()),
            Connections.KEEPER,
            Optional.empty(),
            kept.patience().plus(Attempts.GENERATION_PATIENCE),
            alarms,
            events::hookFailed);
    if (turn.tryTake(call)) {
      return call;
    }
    call.close();
    armAfter(kept); // somebody's handshake does as well
    return null;
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
      if (shaken && !isLost() && isWithin(kept.interval())) {
        arm(usedNanos + kept.interval().toNanos()); // a request is as good as a ping
        return Next.WAIT;
      }
      if (turn.isTaken()) {
        arm(time.nanoTime() + kept.interval().toNanos());
        return Next.WAIT;
      }
      return Next.PING;
    }
  }

  /** Both this and a request write first and look then, so that one of the two sees the other. */
  private boolean goesToRest(WarmPlan kept) {
    if (!kept.idle().isPositive() || isWithin(kept.idle())) {
      return false;
    }
    resting = true;
    if (isWithin(kept.idle())) {
      resting = false;
    }
    return resting;
  }

  /** Whether a request went over it in the time that lies behind. */
  private boolean isWithin(Duration time) {
    return this.time.nanoTime() - usedNanos < time.toNanos();
  }

  private boolean isLost() {
    return latest.filter(attempt -> attempt.outcome() == Outcome.LOST).isPresent();
  }

  private void wake() {
    synchronized (lock) {
      if (resting) {
        resting = false;
        arm(usedNanos + plan.orElseThrow().interval().toNanos());
      }
    }
  }

  private void armAfter(WarmPlan kept) {
    synchronized (lock) {
      arm(time.nanoTime() + kept.interval().toNanos());
    }
  }

  /** Sets the one alarm; the lock is held. */
  private void arm(long atNanos) {
    alarm.close();
    if (!closed) {
      alarm = alarms.at(atNanos, this::due);
    }
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
