package llm.core.context;

import java.util.List;
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
   * @param urgent whether turns are told less until it is done
   * @return ends it, and what it has made ready
   */
  Registration begin(long number, List<Message> prompt, boolean urgent);
}
