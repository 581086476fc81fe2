package llm.core.structured;

import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/** What the user sees of a {@link StructuredAnswer} while it comes; one {@link Terminal}, last. */
public sealed interface AnswerEvent {

  /** More of the answer, or what is known about it. */
  record Chunk(LlmStreamChunk chunk) implements AnswerEvent {}

  /** The last event of a stream. */
  sealed interface Terminal extends AnswerEvent {
    /** Tokens taken, as far as they are known at this end. */
    Usage usage();
  }

  /**
   * The answer is complete and fits its schema.
   *
   * @param chunk the final one
   * @param answer the texts of all chunks together
   */
  record Done(LlmStreamChunk chunk, String answer, FinishReason finishReason, Usage usage)
      implements Terminal {}

  /**
   * The answer is not complete and will not be.
   *
   * @param error {@code InvalidAnswer} when the answer is the reason, else the stream's
   */
  record Failed(LlmError error, Usage usage) implements Terminal {}

  /** The call was cancelled; the chunks so far are all. */
  record Cancelled(CancelReason reason, Usage usage) implements Terminal {}
}
