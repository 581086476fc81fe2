package llm.core.conversation;

import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;

/**
 * What a turn is made of: {@link Started}, then any number of {@link Chunk}, the last of them final
 * when the answer is whole, then exactly one {@link Terminal}.
 */
public sealed interface TurnEvent {

  /**
   * The turn was taken up and what the user said is kept.
   *
   * @param replayed whether it was answered before and is told again
   */
  record Started(String conversation, String turn, boolean replayed) implements TurnEvent {}

  /**
   * More of the answer.
   *
   * @param text whole characters; may be empty in the last one
   * @param isFinal whether it is the last one
   */
  record Chunk(String text, boolean isFinal) implements TurnEvent {}

  /** The last event. */
  sealed interface Terminal extends TurnEvent {}

  /** The answer is whole and part of the conversation. */
  record Finished(TurnReport report) implements Terminal {}

  /** There is no answer, or not all of it; what came is part of the conversation. */
  record Failed(LlmError error, TurnReport report) implements Terminal {}

  /** The turn was cancelled; what came is part of the conversation. */
  record Cancelled(CancelReason reason, TurnReport report) implements Terminal {}
}
