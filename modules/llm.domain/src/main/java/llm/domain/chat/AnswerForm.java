package llm.domain.chat;

import java.util.Optional;
import llm.domain.content.Thinking;

/**
 * What an answer is to be like.
 *
 * @param format its form
 * @param parallelToolCalls whether it may call several tools at once; empty: as the model likes
 * @param thinking how much to reason before it; empty: as the model likes
 * @param continues whether it goes on from the end of the last message, which is the assistant's
 *     and is not complete; nothing of it is to be said again
 */
public record AnswerForm(
    ResponseFormat format,
    Optional<Boolean> parallelToolCalls,
    Optional<Thinking> thinking,
    boolean continues) {
  /** Nothing asked. */
  public static final AnswerForm ANY =
      new AnswerForm(new ResponseFormat.Text(), Optional.empty(), Optional.empty());

  /** What a new answer is to be like. */
  public AnswerForm(
      ResponseFormat format, Optional<Boolean> parallelToolCalls, Optional<Thinking> thinking) {
    this(format, parallelToolCalls, thinking, false);
  }

  /** The same with this format. */
  public AnswerForm withFormat(ResponseFormat other) {
    return new AnswerForm(other, parallelToolCalls, thinking, continues);
  }

  /** The same with several tools at once, or one. */
  public AnswerForm withParallelToolCalls(boolean several) {
    return new AnswerForm(format, Optional.of(several), thinking, continues);
  }

  /** The same with so much reasoning. */
  public AnswerForm withThinking(Thinking wanted) {
    return new AnswerForm(format, parallelToolCalls, Optional.of(wanted), continues);
  }

  /** The same with as much reasoning as the model likes. */
  public AnswerForm withoutThinking() {
    return new AnswerForm(format, parallelToolCalls, Optional.empty(), continues);
  }

  /** The same that goes on from the last message. */
  public AnswerForm continuing() {
    return new AnswerForm(format, parallelToolCalls, thinking, true);
  }
}
