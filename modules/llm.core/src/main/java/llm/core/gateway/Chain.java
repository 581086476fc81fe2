package llm.core.gateway;

import java.util.List;
import java.util.Optional;
import llm.core.connection.Connections;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.route.Curable;
import llm.core.gateway.route.Overrides;
import llm.core.gateway.route.Pick;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Asks the targets of a route one after the other until one accepts. It goes on only where another
 * target might take what this one refused, and only as long as the call lasts. When all refused,
 * the first refusal is told: it is what the caller would have had without the others.
 */
final class Chain {
  private final Metrics.Counter asked;
  private final Log log;

  Chain(Metrics metrics, Log log) {
    this.asked =
        metrics.counter(
            "llm_route_targets_total",
            "Targets of routes that were asked.",
            "route",
            "target",
            "outcome");
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

  /** The answer of the first of {@code steps} that accepts. */
  <T> T ask(List<Step> steps, Call call, Question<T> question) throws LlmException {
    LlmException first = null;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      try {
        Route route = step.route();
        call.answeredBy(new Answerer(route.provider().id(), route.model()));
        T answer = question.ask(route, overrides(step, route, call));
        count(step, "accepted");
        return answer;
      } catch (LlmException refusal) {
        first = first == null ? refusal : first;
        boolean curable = Curable.byAnother(refusal.error()) && call.cancelled().isEmpty();
        count(step, curable ? "passed_over" : "failed");
        if (!curable) {
          throw refusal;
        }
        if (Curable.isTroubleOfTarget(refusal.error())) {
          step.refused();
        }
        tell(step, refusal.error(), call, i + 1 < steps.size());
      }
    }
    throw first;
  }

  /** What is asked to keep a connection warm says nothing, and is to cost nothing. */
  private static Overrides overrides(Step step, Route route, Call call) {
    return call.principal().equals(Connections.KEEPER) ? Overrides.NONE : step.overrides(route);
  }

  private void count(Step step, String outcome) {
    step.pick().ifPresent(pick -> asked.labels(pick.route(), pick.key(), outcome).increment());
  }

  private void tell(Step step, LlmError error, Call call, boolean goesOn) {
    Optional<Pick> pick = step.pick();
    if (pick.isPresent() && goesOn) {
      log.warn("route_next")
          .call(call)
          .put("route", pick.get().route())
          .put("target", pick.get().key())
          .put("error", error.code().wireName())
          .put("message", error.message())
          .emit();
    }
  }
}
