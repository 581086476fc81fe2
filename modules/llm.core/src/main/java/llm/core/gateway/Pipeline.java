package llm.core.gateway;

import java.util.List;
import java.util.Optional;
import llm.core.cache.CachePlan;
import llm.core.cache.KeyDigest;
import llm.core.cache.ResponseCache;
import llm.core.cache.WholeAnswer;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.Route;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/**
 * The way of a request through the gateway, from the caller to the targets of its model: each stage
 * answers by itself, refuses, or asks the one behind it. Thread-safe.
 */
final class Pipeline {
  private final LimitedCalls limits;
  private final ResponseCache cache;
  private final ChatCalls targets;
  private final Editions editions;

  Pipeline(LimitedCalls limits, ResponseCache cache, ChatCalls targets, Editions editions) {
    this.limits = limits;
    this.cache = cache;
    this.targets = targets;
    this.editions = editions;
  }

  /** See {@link Gateway#stream}; the edition was entered for the call. */
  EventStream<StreamEvent> stream(ChatRequest request, Call call, Edition edition)
      throws LlmException {
    return limits.stream(request, call, edition, bill -> unlimited(request, bill, edition));
  }

  private EventStream<StreamEvent> unlimited(ChatRequest request, Bill bill, Edition edition)
      throws LlmException {
    Optional<CachePlan> plan = cache.plan(request, bill, edition.cache());
    return plan.isPresent()
        ? cached(
            request,
            bill,
            edition,
            plan.get(),
            asking -> askStream(request, bill.ofAlso(asking), edition))
        : targets.stream(request, bill, edition.steps(request.model()), edition.settings());
  }

  /** See {@link Gateway#complete}; the edition was entered for the call. */
  ChatResult complete(ChatRequest request, Call call, Edition edition) throws LlmException {
    return limits.complete(request, call, edition, bill -> unlimitedWhole(request, bill, edition));
  }

  private ChatResult unlimitedWhole(ChatRequest request, Bill bill, Edition edition)
      throws LlmException {
    Optional<CachePlan> plan = cache.plan(request, bill, edition.cache());
    return plan.isPresent()
        ? ResultCollector.collect(
            request.model().value(),
            cached(
                request,
                bill,
                edition,
                plan.get(),
                asking -> askWhole(request, bill.ofAlso(asking), edition)))
        : targets.complete(request, bill, edition.steps(request.model()), edition.settings());
  }

  private EventStream<StreamEvent> cached(
      ChatRequest request, Bill bill, Edition edition, CachePlan plan, ResponseCache.Asker asker)
      throws LlmException {
    List<Step> listed = edition.listedSteps(request.model());
    var question =
        new ResponseCache.Question(
            request, key -> key.all(listed, Pipeline::add), by -> isListed(by, listed));
    return cache.stream(question, bill, plan, asker);
  }

  /** Under a call of its own, which may outlast the caller's and is in the edition by itself. */
  private EventStream<StreamEvent> askStream(ChatRequest request, Call asking, Edition edition)
      throws LlmException {
    Edition entered = editions.enter(edition, asking);
    return targets.stream(request, asking, entered.steps(request.model()), entered.settings());
  }

  /** The same for one who wants it whole: not every model streams. */
  private EventStream<StreamEvent> askWhole(ChatRequest request, Call asking, Edition edition)
      throws LlmException {
    Edition entered = editions.enter(edition, asking);
    ChatResult whole =
        targets.complete(request, asking, entered.steps(request.model()), entered.settings());
    return new WholeAnswer(whole, asking);
  }

  private static void add(KeyDigest key, Step step) {
    try {
      Route route = step.route();
      key.flag(true).text(route.provider().id()).text(route.model());
      step.overrides(route).addTo(key);
    } catch (LlmException _) {
      key.flag(false); // it is not there now, and has no part in the answer
    }
  }

  private static boolean isListed(Answerer by, List<Step> listed) {
    for (Step step : listed) {
      try {
        Route route = step.route();
        if (by.equals(new Answerer(route.provider().id(), route.model()))) {
          return true;
        }
      } catch (LlmException _) {
        continue; // it is not there
      }
    }
    return false;
  }
}
