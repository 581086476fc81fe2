package llm.domain.interaction;

import java.time.Instant;
import java.util.OptionalDouble;
import java.util.UUID;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.ErrorCode;
import llm.domain.model.ModelName;
import llm.domain.model.TokenLimit;

/**
 * What happened to one request. An event names models, counts and times, and never holds what was
 * said: it may go to logs and subscribers that must not see messages. Durations are milliseconds of
 * the monotonic clock.
 */
public sealed interface LlmEvent {

  /** Identifies this event. */
  UUID eventId();

  /** When it happened. */
  Instant occurredAt();

  /** The request it happened to. */
  LlmRequestId requestId();

  /**
   * A request was made.
   *
   * @param model the model that is asked for
   * @param messages how many messages it has; of a request for vectors, how many inputs
   * @param tools how many tools it offers
   */
  record LlmRequestCreated(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      ModelName model,
      int messages,
      int tools)
      implements LlmEvent {}

  /**
   * The request can be served.
   *
   * @param model the model that is asked for
   * @param promptTokens what its prompt takes, as far as the counter used can tell
   * @param outputBudget what the answer may take
   */
  record LlmRequestValidated(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      ModelName model,
      int promptTokens,
      TokenLimit outputBudget)
      implements LlmEvent {}

  /**
   * The exchange began.
   *
   * @param model the model that is asked for
   */
  record LlmInteractionStarted(
      UUID eventId, Instant occurredAt, LlmRequestId requestId, ModelName model)
      implements LlmEvent {}

  /**
   * The request went to a provider; once for each try.
   *
   * @param provider the provider's id
   * @param model the model it is asked for there
   * @param attempt which try this is, from 1; retries and failovers count alike
   */
  record LlmRequestSent(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      String provider,
      ModelName model,
      int attempt)
      implements LlmEvent {}

  /**
   * The first event of an answer came.
   *
   * @param provider the provider's id
   * @param model the model that answers
   * @param attempt the try that it answers
   * @param waitedMs since that try was sent
   */
  record LlmResponseReceived(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      String provider,
      ModelName model,
      int attempt,
      double waitedMs)
      implements LlmEvent {}

  /**
   * The answer came to its end and was read.
   *
   * @param model the model that answered
   * @param finishReason why it ended
   * @param usage tokens taken
   */
  record LlmResponseProcessed(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      ModelName model,
      FinishReason finishReason,
      Usage usage)
      implements LlmEvent {}

  /**
   * The exchange ended well.
   *
   * @param model the model that answered
   * @param durationMs from start to end
   * @param tokensUsed prompt and answer together
   * @param cost US dollars; empty when the model has no known price
   */
  record LlmInteractionCompleted(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      ModelName model,
      double durationMs,
      int tokensUsed,
      OptionalDouble cost)
      implements LlmEvent {}

  /**
   * The exchange failed or was cancelled.
   *
   * @param model the model that was asked last
   * @param durationMs from start to end
   * @param tokensUsed prompt and answer together, as far as they are known
   * @param code the failure's stable name
   * @param message one client-safe sentence
   */
  record LlmInteractionFailed(
      UUID eventId,
      Instant occurredAt,
      LlmRequestId requestId,
      ModelName model,
      double durationMs,
      int tokensUsed,
      ErrorCode code,
      String message)
      implements LlmEvent {}
}
