package llm.core.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.gateway.Edition.Step;
import llm.core.gateway.attempt.Attempts;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.failover.Failovers;
import llm.core.gateway.route.Overrides;
import llm.core.gateway.schema.AskedSchema;
import llm.core.gateway.schema.Repairs;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.tokens.PromptCount;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.TokenLimit;
import llm.domain.service.ResponseFinding;
import llm.domain.service.ResponseValidator;
import llm.domain.service.ToolCallPolicy;

/** Asks providers for answers, in a stream or whole, and keeps the account. Thread-safe. */
final class ChatCalls {
  private static final ResponseValidator VALIDATOR = new ResponseValidator(ToolCallPolicy.PARALLEL);

  private final Attempts attempts;
  private final Chain chain;
  private final Hedge hedge;
  private final Changes changes;
  private final Log log;

  /** Who tells of answers that did not stay what they were. */
  record Changes(Failovers failovers, Repairs repairs) {}

  ChatCalls(Attempts attempts, Chain chain, Hedge hedge, Changes changes, Log log) {
    this.attempts = attempts;
    this.chain = chain;
    this.hedge = hedge;
    this.changes = changes;
    this.log = log;
  }

  /** See {@link Gateway#stream}. */
  EventStream<StreamEvent> stream(
      ChatRequest request, Call call, List<Step> steps, GatewaySettings settings)
      throws LlmException {
    Duration after = steps.size() > 1 ? steps.getFirst().hedgeAfter() : Duration.ZERO;
    AnswerTargets targets = targets(request, call, steps, settings);
    return after.isZero() ? targets.stream() : targets.stream(hedge, after);
  }

  private AnswerTargets targets(
      ChatRequest request, Call call, List<Step> steps, GatewaySettings settings) {
    return new AnswerTargets(request, call, steps, chain, attempts, settings, changes);
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
    return targets(request, call, steps, settings).whole();
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
    return attempts.count(sent(request, route, step.overrides(route)), route, call);
  }

  /** The request as it goes to {@code route}. */
  static ChatRequest sent(ChatRequest request, Route route, Overrides overrides)
      throws LlmException {
    ChatRequest sent = overrides.apply(to(route, request));
    Optional<AskedSchema> schema = AskedSchema.of(sent);
    return schema.isPresent() ? schema.get().shaped(sent, route) : sent;
  }

  /** The request for the model that {@code route} leads to. */
  private static ChatRequest to(Route route, ChatRequest request) {
    return route.model().equals(request.model().value())
        ? request
        : request.withModel(new ModelName(route.model()));
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
