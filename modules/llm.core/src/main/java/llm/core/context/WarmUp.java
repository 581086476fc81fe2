package llm.core.context;

import java.util.List;
import java.util.function.Supplier;
import llm.domain.call.Registration;
import llm.domain.chat.Message;

/**
 * Makes the next context ready; what it starts tells {@link DualContext#summarized} and the rest.
 */
public interface WarmUp {
  /**
   * Begins without waiting.
   *
   * @param number names this warm-up
   * @param prompt ends with the question for the summary
   * @param urgent whether turns are about to be told less, until it is done
   * @return ends it, and what it has made ready
   */
  Registration begin(long number, List<Message> prompt, boolean urgent);

  /** Whether an urgent one is done sooner; else none is begun again as such. */
  default boolean isFasterWhenUrgent() {
    return true;
  }

  /**
   * The next context is ready and a turn has come since: has the model read that too, so that the
   * first turn in it has no more to read than any other. Does not wait; a wish, which not every
   * provider can fulfil.
   *
   * @param beginning tells what the next context begins with now, which costs; until this returns
   */
  default void grown(Supplier<List<Message>> beginning) {
    // nothing is read ahead
  }
}
