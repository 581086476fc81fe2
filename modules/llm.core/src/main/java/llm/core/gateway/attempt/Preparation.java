package llm.core.gateway.attempt;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import llm.core.concurrent.Alarms;
import llm.core.connection.Connections;
import llm.core.tokens.PromptCount;
import llm.core.tokens.TokenCounters;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ToolChoice;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmInteraction;
import llm.domain.interaction.LlmRequest;
import llm.domain.interaction.Upstream;
import llm.domain.port.EventPublisher;
import llm.domain.port.IdSource;

/**
 * The way of a request of messages from asked to sent: checks it, and begins its interaction.
 * Thread-safe.
 */
public final class Preparation {
  /** How long an exact count is waited for; an estimate is better than a client that waits. */
  private static final Duration COUNTING = Duration.ofSeconds(10);

  private final TokenCounters counters = new TokenCounters();
  private final Alarms alarms;
  private final IdSource ids;
  private final EventPublisher<LlmEvent> events;
  private final Connections connections;

  public Preparation(
      Alarms alarms, IdSource ids, EventPublisher<LlmEvent> events, Connections connections) {
    this.alarms = alarms;
    this.ids = ids;
    this.events = events;
    this.connections = connections;
  }

  /**
   * A request that was found good, and the call it is to go out with.
   *
   * @param call a child of the caller's, for whoever gets this to end
   */
  public record Prepared(ChatRequest wire, Call call) {}

  /**
   * Counts {@code asked} as a prompt of the model of {@code route}; estimates it where its provider
   * does not count, or is not there to do so.
   *
   * @throws LlmException when the provider could not be asked it
   */
  public PromptCount count(ChatRequest asked, Route route, Call call) throws LlmException {
    ChatRequest request = withoutUnusableTools(asked, route);
    Wishes.require(request, route);
    OptionalInt counted = countedThere(request, route, call);
    return counted.isPresent()
        ? new PromptCount(counted.getAsInt(), true)
        : new PromptCount(counters.forModel(route.spec()).countPrompt(request), false);
  }

  /** Empty where who could count is not there, or has no time. */
  private static OptionalInt countedThere(ChatRequest request, Route route, Call call)
      throws LlmException {
    Call own = call.child(COUNTING);
    try {
      return route.provider().countPrompt(request, own);
    } catch (LlmException refused) {
      if (call.cancelled().isPresent() || !isAway(refused.error(), route.model())) {
        throw refused;
      }
      return OptionalInt.empty();
    } finally {
      own.end();
    }
  }

  /** Nothing is wrong with the request, nor with how we ask. */
  private static boolean isAway(LlmError error, String model) {
    return switch (error) {
      case LlmError.ProviderUnreachable _,
          LlmError.Overloaded _,
          LlmError.DeadlineExceeded _,
          LlmError.ProviderFailed _ ->
          true;
      case LlmError.ProviderRefused(_, int status, _, String said, _) ->
          switch (status) {
            case 400, 401, 403, 413, 422 -> false;
            case 404 -> !said.contains(model.substring(model.lastIndexOf('/') + 1));
            default -> true;
          };
      default -> false;
    };
  }

  /**
   * Prepares {@code asked} for the provider of {@code route}.
   *
   * @throws LlmException with what is wrong with it, or when its time is over
   */
  public Prepared prepare(ChatRequest asked, Route route, Call call, RequestAccount account)
      throws LlmException {
    ChatRequest request = withoutUnusableTools(asked, route);
    Wishes.require(request, route);
    Duration left = CallEnd.remaining(call, route, alarms.time());
    var entity = LlmRequest.create(request, alarms.time(), ids);
    var counter = new PromptCounter(route, counters.forModel(route.spec()));
    Optional<LlmError> invalid = entity.validate(route.spec(), counter);
    if (invalid.isPresent()) {
      entity.takeEvents().forEach(events::publish);
      throw new LlmException(invalid.get());
    }
    var interaction = LlmInteraction.start(entity);
    interaction.markSent(new Upstream(route.provider().id(), request.model(), route.spec()));
    account.sent(interaction, counter.counted());
    connections.used(route.provider().id(), call);
    return new Prepared(limited(entity, route), call.child(left, account.span()));
  }

  /** Tools that may not be called need not be offered to a model that does not call tools. */
  private static ChatRequest withoutUnusableTools(ChatRequest request, Route route) {
    boolean unused = request.toolChoice() instanceof ToolChoice.None && !route.spec().tools();
    return unused ? request.withTools(List.of()) : request;
  }

  /**
   * The validated request with its output limit: the least of what was asked, the model's maximum
   * and what the prompt leaves of the window. No limit is added where the model's own one holds,
   * unless the provider needs one.
   */
  private static ChatRequest limited(LlmRequest validated, Route route) {
    ChatRequest request = validated.chat();
    if (route.counts()) {
      return request;
    }
    int budget = validated.outputBudget().orElseThrow().value();
    boolean isModelsOwn = request.maxTokens().isEmpty() && budget == route.spec().maxOutputTokens();
    return isModelsOwn && !route.provider().needsOutputLimit()
        ? request
        : request.withMaxTokens(budget);
  }
}
