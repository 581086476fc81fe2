package llm.core.gateway;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import llm.core.concurrent.Alarms;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.route.Overrides;
import llm.core.gateway.route.Pick;
import llm.core.resilience.Guards;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Call;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Leads requests along the targets of their routes, and tells of it. What all requests share of
 * their targets is here: how those fared of late, and who is with them. Thread-safe.
 */
final class Chain {
  private static final double NANOS_PER_MS = 1e6;

  private final Guards guards;
  private final Alarms alarms;
  private final RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
  private final Metrics.Counter asked;
  private final Metrics.Counter retries;
  private final Metrics.Counter unpaid;
  private final Log log;

  Chain(Guards guards, Alarms alarms, Metrics metrics, Log log) {
    this.guards = guards;
    this.alarms = alarms;
    this.asked =
        metrics.counter(
            "llm_route_targets_total",
            "Targets of routes that were asked.",
            "route",
            "target",
            "outcome");
    this.retries =
        metrics.counter(
            "llm_retries_total",
            "Targets that were asked again by the same request, by why.",
            "provider",
            "reason");
    this.unpaid =
        metrics.counter(
            "llm_retries_unpaid_total",
            "Retries and hedges that were not made, because the budget was empty.",
            "provider");
    this.log = log;
  }

  /** Asks one target. */
  @FunctionalInterface
  interface Question<T> {
    /**
     * Blocks until it has accepted.
     *
     * @throws LlmException when it did not
     */
    T ask(Route route, Overrides overrides) throws LlmException;
  }

  /** The way of one request along {@code steps}, nobody asked yet. */
  Tries over(List<Step> steps, Call call) {
    return new Tries(this, steps, call, steps.getFirst().edition().mock());
  }

  /** The answer of the first of {@code steps} that accepts. */
  <T> T ask(List<Step> steps, Call call, Question<T> question) throws LlmException {
    return over(steps, call).ask(question);
  }

  /** The same, where nobody else can stand in. */
  <T> T askNobodyElse(List<Step> steps, Call call, Question<T> question) throws LlmException {
    return new Tries(this, steps, call, Optional.empty()).ask(question);
  }

  Guards guards() {
    return guards;
  }

  Alarms alarms() {
    return alarms;
  }

  RandomGenerator random() {
    return random;
  }

  /** What came of asking a target of a route. */
  void count(Step step, String outcome) {
    step.pick().ifPresent(pick -> asked.labels(pick.route(), pick.key(), outcome).increment());
  }

  /** The next target is asked. */
  void tellNext(Step step, LlmError error, Call call) {
    Optional<Pick> pick = step.pick();
    if (pick.isPresent()) {
      log.warn("route_next")
          .call(call)
          .put("route", pick.get().route())
          .put("target", pick.get().key())
          .put("error", error.code().wireName())
          .put("message", error.message())
          .emit();
    }
  }

  /** The same target is asked again. */
  void tellRetry(Leg leg, long pauseNanos, Call call) {
    retries.labels(leg.provider(), leg.reason()).increment();
    log.info("llm_retry")
        .call(call)
        .put("provider", leg.provider())
        .put("attempt", leg.asked() + 1)
        .put("reason", leg.reason())
        .put("pause_ms", pauseNanos / NANOS_PER_MS)
        .emit();
  }

  /** A target is not asked again, though it might help. */
  void tellUnpaid(String provider) {
    unpaid.labels(provider).increment();
  }

  /** The mock stands in for those who are not there. */
  void tellMock(LlmError error, Call call) {
    log.warn("mock_fallback").call(call).put("message", error.message()).emit();
  }
}
