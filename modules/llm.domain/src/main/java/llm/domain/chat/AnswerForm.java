package llm.domain.chat;

import java.util.Optional;
import llm.domain.content.Thinking;

/**
 * What an answer is to be like.
 *
 * @param format its form
 * @param parallelToolCalls whether it may call several tools at once; empty: as the model likes
 * @param thinking how much to reason before it; empty: as the model likes
 */
public record AnswerForm(
    ResponseFormat format, Optional<Boolean> parallelToolCalls, Optional<Thinking> thinking) {
  /** Nothing asked. */
  public static final AnswerForm ANY =
      new AnswerForm(new ResponseFormat.Text(), Optional.empty(), Optional.empty());

  /** The same with this format. */
  public AnswerForm withFormat(ResponseFormat other) {
    return new AnswerForm(other, parallelToolCalls, thinking);
  }

  /** The same with several tools at once, or one. */
  public AnswerForm withParallelToolCalls(boolean several) {
    return new AnswerForm(format, Optional.of(several), thinking);
  }

  /** The same with so much reasoning. */
  public AnswerForm withThinking(Thinking wanted) {
    return new AnswerForm(format, parallelToolCalls, Optional.of(wanted));
  }
}
