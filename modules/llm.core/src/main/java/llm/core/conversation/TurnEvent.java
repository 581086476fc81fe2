package llm.core.conversation;

import java.util.Optional;
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
   * @param text whole characters; may be empty in the first and the last one
   * @param isFinal whether it is the last one
   * @param metadata what is judged of the answer, where the conversation asks for that: in the
   *     first one and in the last one
   */
  record Chunk(String text, boolean isFinal, Optional<Metadata> metadata) implements TurnEvent {
    /** More of an answer that is not judged, or was before. */
    public Chunk(String text, boolean isFinal) {
      this(text, isFinal, Optional.empty());
    }
  }

  /**
   * What the model judges of what was said.
   *
   * @param aggressionScore 0.0 to 1.0
   */
  record Metadata(boolean isSafe, double aggressionScore) {}

  /** The last event. */
  sealed interface Terminal extends TurnEvent {}

  /** The answer is whole and part of the conversation. */
  record Finished(TurnReport report) implements Terminal {}

  /** There is no answer, or not all of it; what came is part of the conversation. */
  record Failed(LlmError error, TurnReport report) implements Terminal {}

  /** The turn was cancelled; what came is part of the conversation. */
  record Cancelled(CancelReason reason, TurnReport report) implements Terminal {}
}
