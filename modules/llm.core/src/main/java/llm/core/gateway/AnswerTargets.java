package llm.core.gateway;

import java.time.Duration;
import java.util.List;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.Attempts;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.failover.Failovers;
import llm.core.gateway.failover.Given;
import llm.core.gateway.failover.Resumption;
import llm.core.gateway.failover.UnbrokenStream;
import llm.core.gateway.failover.UnbrokenStream.Resumed;
import llm.core.gateway.route.Overrides;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * The targets of one request for an answer: who accepts it, and who goes on with it when that one
 * fails. One thread at a time.
 */
final class AnswerTargets implements UnbrokenStream.Targets {
  private final ChatRequest request;
  private final Call call;
  private final List<Step> steps;
  private final Tries tries;
  private final Attempts attempts;
  private final GatewaySettings settings;
  private final Failovers failovers;

  private Answerer at; // who accepted last; null: nobody did
  private LlmError failure; // of that one; null: it has not failed
  private int count;

  AnswerTargets(
      ChatRequest request,
      Call call,
      List<Step> steps,
      Tries tries,
      Attempts attempts,
      GatewaySettings settings,
      Failovers failovers) {
    this.request = request;
    this.call = call;
    this.steps = steps;
    this.tries = tries;
    this.attempts = attempts;
    this.settings = settings;
    this.failovers = failovers;
  }

  /** What a target has accepted to give. */
  private sealed interface Accepted {
    Route route();

    /** It is there. */
    record Whole(Route route, ChatResult result) implements Accepted {}

    /** It comes. */
    record Begun(Route route, EventStream<StreamEvent> stream) implements Accepted {}
  }

  /** The rest of an answer comes. */
  private record Continued(Route route, Resumption how, EventStream<StreamEvent> stream) {}

  /**
   * The answer as a stream; blocks until somebody accepts.
   *
   * @throws LlmException when nobody does
   */
  EventStream<StreamEvent> stream() throws LlmException {
    Accepted.Begun begun =
        tries.ask((way, overrides) -> begun(overrides.apply(ChatCalls.to(way, request)), way));
    return unbroken(answerer(begun.route()), begun.stream());
  }

  /** The same from whoever of two is sooner; see {@link Hedge#ask}. */
  EventStream<StreamEvent> stream(Hedge hedge, Duration after) throws LlmException {
    EventStream<StreamEvent> sooner =
        hedge.ask(
            tries,
            call,
            after,
            own ->
                (way, overrides) ->
                    attempts.stream(
                        overrides.apply(ChatCalls.to(way, request)), way, own, settings.waits()));
    return unbroken(call.answerer().orElseThrow(), sooner);
  }

  /**
   * The whole answer, of a stream where its target has no other way, and whose it is.
   *
   * @throws LlmException when there is none
   */
  ChatCalls.Gathered whole() throws LlmException {
    Accepted accepted =
        tries.ask((way, overrides) -> {
          ChatRequest sent = overrides.apply(ChatCalls.to(way, request));
          return way.provider().answersWhole()
              ? new Accepted.Whole(way, attempts.whole(sent, way, call))
              : begun(sent, way);
        });
    Route route = accepted.route();
    ChatResult result =
        switch (accepted) {
          case Accepted.Whole(_, ChatResult whole) -> whole;
          case Accepted.Begun(_, var stream) ->
              ResultCollector.collect(route.model(), unbroken(answerer(route), stream));
        };
    return new ChatCalls.Gathered(route, result);
  }

  private Accepted.Begun begun(ChatRequest sent, Route way) throws LlmException {
    return new Accepted.Begun(way, attempts.stream(sent, way, call, settings.waits()));
  }

  private EventStream<StreamEvent> unbroken(Answerer from, EventStream<StreamEvent> stream) {
    at = from;
    return new UnbrokenStream(stream, request, call, this);
  }

  private static Answerer answerer(Route route) {
    return new Answerer(route.provider().id(), route.model());
  }

  @Override
  public boolean failed(LlmError error) {
    failure = error;
    return tries.failed(error);
  }

  @Override
  public boolean areSeveral() {
    return steps.size() > 1;
  }

  @Override
  public String provider() {
    return at.provider();
  }

  @Override
  public Resumed resume(Given given, int spentTokens, Call own) throws LlmException {
    requireSomebody(given, spentTokens);
    Continued next =
        tries.ask((way, overrides) -> {
          Resumption how = how(given, spentTokens, way, overrides);
          var stream = attempts.stream(how.request(), way, own, settings.waits());
          return new Continued(way, how, stream);
        });
    count++;
    Answerer to = answerer(next.route());
    failovers.tell(at, to, failure, given, next.how().kind(), count, call);
    at = to;
    return new Resumed(next.stream(), next.how().joint());
  }

  /** Nobody is waited for in vain: where none of the targets can go on, there is nothing to ask. */
  private void requireSomebody(Given given, int spentTokens) throws LlmException {
    if (!given.hasText()) {
      return;
    }
    LlmException refusal = new LlmException(failure);
    for (Step step : steps) {
      try {
        Route way = step.route();
        how(given, spentTokens, way, step.overrides(way));
        return;
      } catch (LlmException cannot) {
        refusal = cannot;
      }
    }
    throw refusal;
  }

  private Resumption how(Given given, int spentTokens, Route way, Overrides overrides)
      throws LlmException {
    ChatRequest sent = overrides.apply(ChatCalls.to(way, request));
    boolean mayInstruct =
        overrides.continueByInstruction().orElse(settings.continueByInstruction());
    return Resumption.of(sent, given, way.provider().continuation(sent), mayInstruct, spentTokens)
        .orElseThrow(() ->
            new LlmException(
                new LlmError.Unsupported(
                    "messages",
                    "Provider '"
                        + way.provider().id()
                        + "' cannot go on with an answer that another one began; see its setting"
                        + " continuation, and resilience.continue_by_instruction.")));
  }
}
