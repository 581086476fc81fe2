package llm.core.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.Attempts;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.failover.Given;
import llm.core.gateway.failover.Resumption;
import llm.core.gateway.failover.UnbrokenStream;
import llm.core.gateway.failover.UnbrokenStream.Resumed;
import llm.core.gateway.route.Overrides;
import llm.core.gateway.schema.AskedSchema;
import llm.core.gateway.schema.Judge;
import llm.core.gateway.schema.JudgedStream;
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
final class AnswerTargets implements UnbrokenStream.Targets, JudgedStream.Source {
  private final ChatRequest request;
  private final Call call;
  private final List<Step> steps;
  private final Chain chain;
  private final Tries tries;
  private final Attempts attempts;
  private final GatewaySettings settings;
  private final ChatCalls.Changes changes;
  private final Optional<AskedSchema> schema;

  private Answerer at; // who accepted last; null: nobody did
  private boolean isHeldBack; // what that one says, until it was judged
  private BooleanSupplier unseen = () -> false; // forgets what is held back, if all of it is
  private LlmError failure; // of that one; null: it has not failed
  private int count;

  AnswerTargets(
      ChatRequest request,
      Call call,
      List<Step> steps,
      Chain chain,
      Attempts attempts,
      GatewaySettings settings,
      ChatCalls.Changes changes) {
    this.request = request;
    this.call = call;
    this.steps = steps;
    this.chain = chain;
    this.tries = chain.over(steps, call);
    this.attempts = attempts;
    this.settings = settings;
    this.changes = changes;
    this.schema = AskedSchema.of(request);
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
        tries.ask((way, overrides) -> begun(ChatCalls.sent(request, way, overrides), way));
    return judged(unbroken(answerer(begun.route()), begun.stream()));
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
                        ChatCalls.sent(request, way, overrides), way, own, settings.waits()));
    return judged(unbroken(call.answerer().orElseThrow(), sooner));
  }

  /**
   * The whole answer, of a stream where its target has no other way, and whose it is.
   *
   * @throws LlmException when there is none
   */
  ChatCalls.Gathered whole() throws LlmException {
    Accepted accepted =
        tries.ask((way, overrides) -> {
          ChatRequest sent = ChatCalls.sent(request, way, overrides);
          return way.provider().answersWhole()
              ? new Accepted.Whole(way, attempts.whole(sent, way, call))
              : begun(sent, way);
        });
    Route route = accepted.route();
    goesBy(answerer(route));
    ChatResult result =
        switch (accepted) {
          case Accepted.Whole(_, ChatResult whole) -> whole;
          case Accepted.Begun(_, var stream) ->
              ResultCollector.collect(route.model(), unbroken(at, stream));
        };
    boolean isDue =
        schema.isPresent()
            && (isHeldBack
                || settings.structuredOutput().judgesNative() && schema.get().isStrict());
    return new ChatCalls.Gathered(
        route, isDue ? judge().judged(result, at.provider(), call) : result);
  }

  private EventStream<StreamEvent> judged(EventStream<StreamEvent> stream) {
    if (schema.isEmpty()) {
      return stream;
    }
    var held = new JudgedStream(stream, this, judge(), call, request.model().value());
    unseen = held::restart;
    return held;
  }

  private Judge judge() {
    return new Judge(
        schema.orElseThrow(), settings.structuredOutput(), changes.repairs(), this::again);
  }

  /** Asks the target that answered once more, for another answer. */
  private ChatResult again(Judge.Change change, Call own) throws LlmException {
    List<Step> same = steps.stream().filter(this::isPresent).limit(1).toList();
    return chain.askNobodyElse(
        same.isEmpty() ? steps : same,
        own,
        (way, overrides) -> {
          ChatRequest sent = change.of(ChatCalls.sent(request, way, overrides));
          return way.provider().answersWhole()
              ? attempts.whole(sent, way, own)
              : ResultCollector.collect(
                  way.model(), attempts.stream(sent, way, own, settings.waits()));
        });
  }

  private boolean isPresent(Step step) {
    try {
      return answerer(step.route()).equals(at);
    } catch (LlmException _) {
      return false; // it is not there
    }
  }

  /** From now on it is {@code next} who answers. */
  private void goesBy(Answerer next) {
    at = next;
    isHeldBack =
        schema.isPresent() && steps.stream().anyMatch(step -> isPresent(step) && holds(step));
  }

  private static boolean holds(Step step) {
    try {
      return AskedSchema.isHeldBack(step.route());
    } catch (LlmException _) {
      return false; // it is not there
    }
  }

  @Override
  public boolean isHeldBack() {
    return isHeldBack;
  }

  private Accepted.Begun begun(ChatRequest sent, Route way) throws LlmException {
    return new Accepted.Begun(way, attempts.stream(sent, way, call, settings.waits()));
  }

  private EventStream<StreamEvent> unbroken(Answerer from, EventStream<StreamEvent> stream) {
    goesBy(from);
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
  public Resumed resume(Given told, int spentTokens, Call own) throws LlmException {
    Given given = unseen.getAsBoolean() ? new Given() : told; // what nobody saw is no beginning
    requireSomebody(given, spentTokens);
    Continued next =
        tries.ask((way, overrides) -> {
          Resumption how = how(given, spentTokens, way, overrides);
          var stream = attempts.stream(how.request(), way, own, settings.waits());
          return new Continued(way, how, stream);
        });
    count++;
    Answerer to = answerer(next.route());
    changes.failovers().tell(at, to, failure, given, next.how().kind(), count, call);
    goesBy(to);
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
    ChatRequest sent = ChatCalls.sent(request, way, overrides);
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
