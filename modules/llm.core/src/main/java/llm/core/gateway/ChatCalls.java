package llm.core.gateway;

import java.util.List;
import llm.core.concurrent.Alarms;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.Preparation.Prepared;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.tokens.PromptCount;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.model.ModelName;
import llm.domain.model.TokenLimit;
import llm.domain.port.EventPublisher;
import llm.domain.service.ResponseFinding;
import llm.domain.service.ResponseValidator;
import llm.domain.service.ToolCallPolicy;

/** Asks providers for answers, in a stream or whole, and keeps the account. Thread-safe. */
final class ChatCalls {
  private static final ResponseValidator VALIDATOR = new ResponseValidator(ToolCallPolicy.PARALLEL);

  private final Preparation preparation;
  private final Chain chain;
  private final GatewayMetrics metrics;
  private final Alarms alarms;
  private final EventPublisher<LlmEvent> events;
  private final Log log;

  ChatCalls(
      Preparation preparation,
      Chain chain,
      GatewayMetrics metrics,
      Alarms alarms,
      EventPublisher<LlmEvent> events,
      Log log) {
    this.preparation = preparation;
    this.chain = chain;
    this.metrics = metrics;
    this.alarms = alarms;
    this.events = events;
    this.log = log;
  }

  /** See {@link Gateway#stream}. */
  EventStream<StreamEvent> stream(
      ChatRequest request, Call call, List<Step> steps, GatewaySettings settings)
      throws LlmException {
    return chain.ask(
        steps,
        call,
        (route, overrides) -> begin(overrides.apply(to(route, request)), route, call, settings));
  }

  /** See {@link Gateway#complete}. */
  ChatResult complete(ChatRequest request, Call call, List<Step> steps, GatewaySettings settings)
      throws LlmException {
    Gathered answer = gather(request, call, steps, settings);
    logFindings(request, answer.route(), answer.result(), call);
    return answer.result();
  }

  /** A whole answer, and whose it is. */
  record Gathered(Route route, ChatResult result) {}

  /** The same of an answer that is not looked at. */
  Gathered gather(ChatRequest request, Call call, List<Step> steps, GatewaySettings settings)
      throws LlmException {
    Answer answer =
        chain.ask(
            steps,
            call,
            (route, overrides) -> {
              ChatRequest sent = overrides.apply(to(route, request));
              return route.provider().answersWhole()
                  ? new Answer.Whole(route, whole(sent, route, call))
                  : new Answer.Begun(route, begin(sent, route, call, settings));
            });
    ChatResult result =
        switch (answer) {
          case Answer.Whole(_, ChatResult whole) -> whole;
          case Answer.Begun(Route route, var stream) ->
              ResultCollector.collect(route.model(), stream);
        };
    return new Gathered(answer.route(), result);
  }

  /** An answer that a target has accepted to give. */
  private sealed interface Answer {
    Route route();

    /** It is there. */
    record Whole(Route route, ChatResult result) implements Answer {}

    /** It comes; what happens now leads to no other target. */
    record Begun(Route route, EventStream<StreamEvent> stream) implements Answer {}
  }

  /** An empty generation, which makes ready what it goes over. */
  void generateFromNothing(ModelName model, Call call, Step step, GatewaySettings settings)
      throws LlmException {
    ChatRequest nothing =
        ChatRequest.of(model, List.of(Message.user("")))
            .withMaxTokens(1)
            .withPriority(Priority.BACKGROUND);
    gather(nothing, call, List.of(step), settings);
  }

  /** See {@link Gateway#countPrompt}. */
  PromptCount count(ChatRequest request, Call call, Step step) throws LlmException {
    Route route = step.route();
    return preparation.count(step.overrides(route).apply(to(route, request)), route, call);
  }

  private static ChatRequest to(Route route, ChatRequest request) {
    return route.model().equals(request.model().value())
        ? request
        : request.withModel(new ModelName(route.model()));
  }

  private EventStream<StreamEvent> begin(
      ChatRequest request, Route route, Call call, GatewaySettings settings) throws LlmException {
    var account = new RequestAccount(call, route, alarms.time(), metrics, log, events);
    try {
      return accept(preparation.prepare(request, route, call, account), route, account, settings);
    } catch (LlmException refusal) {
      account.refused(refusal.error());
      throw refusal;
    }
  }

  private ChatResult whole(ChatRequest request, Route route, Call call) throws LlmException {
    var account = new RequestAccount(call, route, alarms.time(), metrics, log, events);
    try {
      Prepared ready = preparation.prepare(request, route, call, account);
      return account.answered(
          CallEnd.ask(
              ready.call(),
              route,
              log,
              () -> route.provider().complete(ready.wire(), ready.call())));
    } catch (LlmException failure) {
      account.refused(failure.error());
      throw failure;
    }
  }

  private EventStream<StreamEvent> accept(
      Prepared prepared, Route route, RequestAccount account, GatewaySettings settings)
      throws LlmException {
    Call own = prepared.call();
    var limit = new SilenceLimit(settings, own, alarms);
    EventStream<StreamEvent> inner = null;
    limit.waitBegins();
    try {
      inner = route.provider().stream(prepared.wire(), own);
    } catch (LlmException refusal) {
      throw limit.stopped(CallEnd.nameOf(route)).orElse(refusal);
    } catch (RuntimeException bug) {
      log.error("provider_threw").call(own).cause(bug).emit();
      throw new LlmException(new LlmError.Internal(), bug);
    } finally {
      limit.waitEnds();
      if (inner == null) {
        limit.end();
        own.end();
      }
    }
    if (inner == null) {
      throw new LlmException(new LlmError.Internal());
    }
    account.accepted();
    return new GuardedStream(inner, route, limit, account, log);
  }

  /** What is wrong or remarkable with an answer: names and counts, never what was said. */
  private void logFindings(ChatRequest request, Route route, ChatResult answer, Call call) {
    var limit = TokenLimit.forModel(route.spec());
    var report = VALIDATOR.validateResponse(answer, request.tools(), limit);
    for (ResponseFinding finding : report.findings()) {
      boolean fault = finding instanceof ResponseFinding.Fault;
      log.at(fault ? Level.WARN : Level.DEBUG, "answer_finding")
          .call(call)
          .put("model", route.model())
          .put("finding", finding.message())
          .emit();
    }
  }
}
