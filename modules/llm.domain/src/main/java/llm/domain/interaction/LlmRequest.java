package llm.domain.interaction;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.model.ModelSpec;
import llm.domain.model.TokenLimit;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import llm.domain.port.TokenCounter;

/**
 * A request to a model on its way from made to served. Its parts are a {@link ChatRequest}; this
 * says whether they fit together and the model, and records what happens to it.
 *
 * <p>Equal by id. Not thread-safe: it belongs to the one call it was made for.
 */
public final class LlmRequest {
  private final LlmRequestId id;
  private final EventLog log;
  private ChatRequest chat;
  private RequestStatus status = RequestStatus.CREATED;
  private Optional<TokenLimit> outputBudget = Optional.empty();

  private LlmRequest(LlmRequestId id, ChatRequest chat, EventLog log) {
    this.id = id;
    this.chat = chat;
    this.log = log;
  }

  /** A new request; records {@link LlmRequestCreated}. */
  public static LlmRequest create(ChatRequest chat, TimeSource time, IdSource ids) {
    var log = new EventLog(time, ids);
    var id = LlmRequestId.create(ids);
    log.add(
        new LlmRequestCreated(
            log.nextId(),
            log.now(),
            id,
            chat.model(),
            chat.messages().size(),
            chat.tools().size()));
    return new LlmRequest(id, chat, log);
  }

  /** Identifies the request and its interaction. */
  public LlmRequestId id() {
    return id;
  }

  /** What is asked, as it is now. */
  public ChatRequest chat() {
    return chat;
  }

  /** How far the request is. */
  public RequestStatus status() {
    return status;
  }

  /** What the answer may take; empty while the request is not validated. */
  public Optional<TokenLimit> outputBudget() {
    return outputBudget;
  }

  /**
   * Adds a message at the end; the request then has to be validated again.
   *
   * @throws IllegalStateException after an interaction was started
   */
  public void addMessage(Message message) {
    status = status.changed();
    outputBudget = Optional.empty();
    var messages = new ArrayList<>(chat.messages());
    messages.add(message);
    chat = chat.withMessages(_ -> messages);
  }

  /** Tokens of the prompt, messages and tools, by {@code counter}. */
  public int estimateTokens(TokenCounter counter) {
    return counter.countPrompt(chat);
  }

  /**
   * Checks that the parts fit each other and a model of this kind: tools are named once, a tool
   * that must be called is offered, each tool result answers a call before it, tools go to a model
   * that calls them, and the prompt leaves room for an answer. Counts the prompt once. Records
   * {@link LlmRequestValidated} when nothing is wrong.
   *
   * @param counter decides whether the prompt fits; one that only guesses may be wrong about a
   *     prompt close to the window's size
   * @return the first thing that is wrong; empty when the request is valid
   * @throws IllegalStateException after an interaction was started
   */
  public Optional<LlmError> validate(ModelSpec spec, TokenCounter counter) {
    RequestStatus validated = status.validated();
    var broken = RequestRules.firstBroken(chat, spec);
    if (broken.isPresent()) {
      return broken;
    }
    int promptTokens = estimateTokens(counter);
    var budget = TokenLimit.outputBudget(chat.maxTokens(), spec, promptTokens);
    if (budget.isEmpty()) {
      return Optional.of(
          new LlmError.ContextLengthExceeded(
              chat.model().value(), promptTokens, spec.contextTokens()));
    }
    status = validated;
    outputBudget = budget;
    log.add(
        new LlmRequestValidated(
            log.nextId(), log.now(), id, chat.model(), promptTokens, budget.get()));
    return Optional.empty();
  }

  /** The five fields that chat-completion APIs commonly take. */
  public ApiFormat toApiFormat() {
    return ApiFormat.of(chat);
  }

  /** The events recorded since the last time, oldest first; each is handed out once. */
  public List<LlmEvent> takeEvents() {
    return log.take();
  }

  /** Hands the request over to its one interaction, which records into the same log. */
  EventLog started() {
    status = status.started();
    return log;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LlmRequest that && id.equals(that.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id + " " + status;
  }
}
