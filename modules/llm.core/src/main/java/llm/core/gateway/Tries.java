package llm.core.gateway;

import java.util.List;
import java.util.Optional;
import llm.core.connection.Connections;
import llm.core.gateway.Chain.Question;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.CallEnd;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.attempt.Watch;
import llm.core.gateway.route.Curable;
import llm.core.gateway.route.Overrides;
import llm.core.resilience.Backoff;
import llm.core.resilience.Faults;
import llm.core.resilience.Guard;
import llm.core.resilience.Passage;
import llm.core.resilience.ProviderResilience;
import llm.core.resilience.ResilienceSettings;
import llm.core.resilience.Wait;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * One request's way along its targets, who are asked one after the other until one accepts. It goes
 * on only where another target might take what this one refused, and only as long as the call
 * lasts. When all refused and one of them might not do so later, there is a pause, and they are
 * asked again, as often as the settings and the budget of retries allow. When that is over, the
 * first refusal is told: it is what the caller would have had without the others.
 *
 * <p>Where the one that accepted fails later, {@link #failed} and {@link #ask} go on behind it, by
 * another question where need be. Thread-safe: two may be asked at once.
 */
final class Tries {
  /** Header: how often somebody was asked, where it was more than once. */
  static final String ATTEMPTS = "x-llm-attempts";

  /** Header: who stood in for those who are not there. */
  static final String FALLBACK = "x-llm-fallback";

  private final Chain chain;
  private final Call call;
  private final Optional<Route> mock;
  private final boolean isKeeper; // what keeps connections warm tells how it is by itself
  private final List<Step> steps;
  private final Leg.Row legs; // they and what is below are guarded by this
  private int round;
  private int attempts;
  private boolean allAway = true;
  private LlmException first; // null: nobody refused
  private boolean isFirstOfOurs; // and it was us who did not ask
  private Leg accepted; // null: nobody, or it failed

  Tries(Chain chain, List<Step> steps, Call call, Optional<Route> mock) {
    this.chain = chain;
    this.call = call;
    this.mock = mock;
    this.isKeeper = call.principal().equals(Connections.KEEPER);
    this.steps = steps;
    this.legs = new Leg.Row(steps);
  }

  /** An answer and whose it is. */
  record Asked<T>(Leg leg, Answerer from, T answer) {}

  /**
   * The answer of the next target that accepts. Blocks through pauses too.
   *
   * @throws LlmException when nobody is left who might
   */
  <T> T ask(Question<T> question) throws LlmException {
    return chosen(ask(call, question));
  }

  /** The same for {@code own}, a child of the call; the answer is to be chosen. */
  <T> Asked<T> ask(Call own, Question<T> question) throws LlmException {
    while (true) {
      Optional<Leg> leg = take();
      if (leg.isPresent()) {
        Optional<Asked<T>> answer = ask(leg.get(), own, question);
        if (answer.isPresent()) {
          return answer.get();
        }
      } else if (!pause(own)) {
        return askMock(own, question);
      }
    }
  }

  /**
   * Asks {@code leg}, which was taken.
   *
   * @return empty when it refused what another might take
   * @throws LlmException when nobody else would take it
   */
  <T> Optional<Asked<T>> ask(Leg leg, Call own, Question<T> question) throws LlmException {
    boolean asked = false;
    try {
      Route route = leg.step().route();
      Passage passage = enter(leg, route, own);
      asked = true;
      return Optional.of(ask(leg, route, passage, own, question));
    } catch (LlmException refusal) {
      if (!refused(leg, refusal, own, asked)) {
        throw refusal;
      }
      return Optional.empty();
    }
  }

  /** Goes by this answer: it is what {@link #failed} means. */
  <T> T chosen(Asked<T> asked) {
    synchronized (this) {
      accepted = asked.leg();
    }
    call.answeredBy(asked.from());
    return asked.answer();
  }

  /**
   * The target that accepted last failed after all, as its account was told. Its failure is told
   * where nobody else accepts.
   *
   * @return whether {@link #ask} may find another answer
   */
  boolean failed(LlmError error) {
    Leg leg;
    synchronized (this) {
      leg = accepted;
      accepted = null;
    }
    if (leg == null || !refused(leg, new LlmException(error), call, true)) {
      return false;
    }
    synchronized (this) {
      return legs.any(Leg::isLeft);
    }
  }

  /** Nobody goes by the answer that {@code leg} accepted to give; {@code last} came of it. */
  void left(Leg leg, StreamEvent last) {
    if (last instanceof StreamEvent.Failed failed) {
      refused(leg, new LlmException(failed.error()), call, true);
    } else {
      lost(leg);
    }
  }

  /** The mock's answer where all are away that were asked, and that is wanted. */
  <T> Optional<T> standIn(Question<T> question) {
    try {
      return Optional.of(chosen(askMock(call, question)));
    } catch (LlmException _) {
      return Optional.empty();
    }
  }

  /** A target that nobody asked yet, to be asked beside another; empty: none, or none is paid. */
  synchronized Optional<Leg> takeBeside() {
    Optional<Leg> found =
        legs.passTo(
            leg -> leg.isLeft() && leg.asked() == 0 && meet(leg) && !wantsRest(leg) && isPaid(leg));
    found.ifPresent(Leg::take);
    return found;
  }

  private synchronized Optional<Leg> take() {
    long now = chain.alarms().time().nanoTime();
    for (Optional<Leg> at = legs.next(); at.isPresent(); at = legs.next()) {
      Leg leg = at.get();
      if (isToWait(leg)) {
        leg.putOff();
        legs.putLast(leg);
        chain.count(leg.step(), "passed_over");
        continue;
      }
      legs.pass();
      if (leg.isLeft() && leg.readyAt(now) == now && isPaidOr(leg, now)) {
        leg.take();
        return at;
      }
    }
    return Optional.empty();
  }

  /** Whether others are to be asked before it, since it told somebody to come later. */
  private boolean isToWait(Leg leg) {
    boolean mayWait = legs.hasMore() && leg.asked() == 0 && !leg.isPutOff();
    return mayWait && meet(leg) && wantsRest(leg);
  }

  private static boolean wantsRest(Leg leg) {
    return leg.guard().wantsRest(leg.model());
  }

  /**
   * Whether it may be asked at {@code until}: what has to be paid for that is paid now. One that is
   * still left alone by then is not waited for, and not paid.
   */
  private boolean isPaidOr(Leg leg, long until) {
    if (!leg.isUnpaid()) {
      return true;
    }
    long pause = Math.max(0, until - chain.alarms().time().nanoTime()); // now is past by now
    if (leg.guard().untilTrial(leg.model()).toNanos() > pause || !isPaid(leg)) {
      leg.giveUp();
      return false;
    }
    leg.pay();
    chain.tellRetry(leg, pause, call);
    return true;
  }

  private boolean isPaid(Leg leg) {
    boolean paid = leg.guard().budget().take(leg.settings().retry().reserve());
    if (!paid) {
      chain.tellUnpaid(leg.provider());
    }
    return paid;
  }

  /** Finds out who it is; false when that one is not there. */
  private boolean meet(Leg leg) {
    try {
      meet(leg, leg.step().route());
      return true;
    } catch (LlmException _) {
      return false; // whoever asks it hears why
    }
  }

  private void meet(Leg leg, Route route) {
    String id = route.provider().id();
    ResilienceSettings settings =
        isKeeper ? ResilienceSettings.NONE : leg.step().edition().resilience();
    leg.meet(id, route.model(), chain.guards().of(id), settings.of(id));
  }

  private Passage enter(Leg leg, Route route, Call own) throws LlmException {
    Guard guard;
    ProviderResilience settings;
    synchronized (this) {
      if (leg.guard() == null) {
        meet(leg, route);
      }
      guard = leg.guard();
      settings = leg.settings();
    }
    return isKeeper ? Passage.FREE : guard.enter(route.model(), settings, own);
  }

  private <T> Asked<T> ask(Leg leg, Route route, Passage passage, Call own, Question<T> question)
      throws LlmException {
    boolean accepts = false;
    try {
      var from = new Answerer(route.provider().id(), route.model());
      own.answeredBy(from);
      count(leg);
      Route watched = route.watchedBy(new Trial(leg.step(), passage));
      T answer = question.ask(watched, overrides(leg.step(), route));
      accepts = true;
      chain.count(leg.step(), "accepted");
      synchronized (this) {
        leg.release();
      }
      return new Asked<>(leg, from, answer);
    } finally {
      if (!accepts) {
        passage.abandoned(); // where its account did not end it
      }
    }
  }

  private void count(Leg leg) {
    int now;
    synchronized (this) {
      leg.ask();
      attempts++;
      now = attempts;
      if (leg.asked() == 1) {
        leg.guard().budget().pay(leg.settings().retry().share());
      }
    }
    if (now > 1) {
      call.note(ATTEMPTS, Integer.toString(now));
    }
  }

  /** What is asked to keep a connection warm says nothing, and is to cost nothing. */
  private Overrides overrides(Step step, Route route) {
    return isKeeper ? Overrides.NONE : step.overrides(route);
  }

  /** Takes a refusal down; whether it is worth going on. */
  private boolean refused(Leg leg, LlmException refusal, Call own, boolean asked) {
    LlmError error = refusal.error();
    if (own.cancelled().equals(Optional.of(CancelReason.HEDGE_LOST))) {
      lost(leg);
      return false;
    }
    boolean again;
    boolean goesOn;
    synchronized (this) {
      if (first == null || isFirstOfOurs && asked) {
        first = refusal;
        isFirstOfOurs = !asked;
      }
      allAway &= Faults.isAway(error);
      leg.failed(error, chain.alarms().time().nanoTime());
      again = leg.settings() != null && Faults.mayPass(error, leg.settings().retry());
      goesOn = legs.hasNext();
    }
    boolean curable = (again || Curable.byAnother(error)) && own.cancelled().isEmpty();
    chain.count(leg.step(), curable ? "passed_over" : "failed");
    if (curable && Curable.isTroubleOfTarget(error)) {
      leg.step().refused();
    }
    if (curable && goesOn) {
      chain.tellNext(leg.step(), error, call);
    }
    return curable;
  }

  /** Another one was sooner than {@code leg}, which did no wrong: should that fail, it is next. */
  private void lost(Leg leg) {
    synchronized (this) {
      leg.forget();
      legs.putLast(leg);
    }
    chain.count(leg.step(), "passed_over");
  }

  /**
   * Waits until all may be asked again.
   *
   * @return false when nobody may, or not in time
   * @throws LlmException when the call was cancelled meanwhile
   */
  private boolean pause(Call own) throws LlmException {
    Optional<Long> until = nextRound(own);
    if (until.isEmpty()) {
      return false;
    }
    Wait.until(until.get(), own, chain.alarms());
    if (own.cancelled().isPresent()) {
      throw CallEnd.stopped(own.cancelled().get(), "The request", own);
    }
    return true;
  }

  /** When the next round begins; the one who is asked first in it is paid for. */
  private synchronized Optional<Long> nextRound(Call own) {
    long now = chain.alarms().time().nanoTime();
    while (true) {
      Optional<Leg> found = legs.soonest(now);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Leg soonest = found.get();
      var drawn = Backoff.pause(soonest.settings().retry(), round, chain.random());
      long until = Math.max(drawn.toNanos(), soonest.readyAt(now) - now) + now;
      if (own.deadline().atNanos() - until <= 0) {
        return Optional.empty();
      }
      if (isPaidOr(soonest, until)) {
        round++;
        legs.again();
        return Optional.of(until);
      }
    }
  }

  /** The end of the way: the mock's answer where that is wanted, else the first refusal. */
  private <T> Asked<T> askMock(Call own, Question<T> question) throws LlmException {
    LlmException refusal;
    synchronized (this) {
      refusal = first == null ? new LlmException(new LlmError.Internal()) : first;
      if (mock.isEmpty() || !allAway || first == null || legs.any(Leg::isBusy)) {
        throw refusal;
      }
      allAway = false; // once
    }
    Route route = mock.get();
    try {
      var from = new Answerer(route.provider().id(), route.model());
      T answer = question.ask(route, Overrides.NONE);
      call.note(FALLBACK, route.provider().id());
      chain.tellMock(refusal.error(), call);
      var leg = new Leg(steps.getFirst());
      leg.giveUp();
      return new Asked<>(leg, from, answer);
    } catch (LlmException _) {
      throw refusal; // the mock cannot do what is asked either
    }
  }

  /** What an account says of a try goes to the breakers and to the times of the targets. */
  private record Trial(Step step, Passage passage) implements Watch {
    @Override
    public void began(long nanos) {
      step.began(nanos);
      passage.began();
    }

    @Override
    public void succeeded() {
      passage.succeeded();
    }

    @Override
    public void failed(LlmError error) {
      passage.failed(error);
    }
  }
}
