package llm.core.structured;

import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * What a structured answer is made of while it comes: any number of {@link Partial}, then exactly
 * one {@link Terminal}.
 *
 * @param <T> the record
 */
public sealed interface StructuredEvent<T> {

  /**
   * The value so far: another one than before.
   *
   * @param value what has come of it; {@link llm.core.schema.RecordValues} says how the rest looks
   */
  record Partial<T>(T value) implements StructuredEvent<T> {}

  /** The last event of a stream. */
  sealed interface Terminal<T> extends StructuredEvent<T> {
    /** Tokens taken, as far as they are known at this end. */
    Usage usage();
  }

  /**
   * The value is complete and fits its schema.
   *
   * @param finishReason why the generation ended; {@code LENGTH} when what came after the value was
   *     cut
   */
  record Complete<T>(T value, FinishReason finishReason, Usage usage) implements Terminal<T> {}

  /**
   * There is no value and will be none.
   *
   * @param error {@code InvalidAnswer} when the answer is the reason, else the stream's
   */
  record Failed<T>(LlmError error, Usage usage) implements Terminal<T> {}

  /** The call was cancelled. */
  record Cancelled<T>(CancelReason reason, Usage usage) implements Terminal<T> {}
}
