package llm.domain.port;

import java.time.Duration;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import llm.domain.prompt.WarmPrefixId;

/**
 * Has a model read the beginning of later requests, and keep it. A provider of models says by
 * {@link ChatProvider#prefixes} of which models it can. Thread-safe.
 *
 * <p>Being kept is a wish that makes later answers begin sooner, and changes none: where memory is
 * needed for requests, or for another model, a prefix may be given up before its time.
 */
public interface PrefixWarmer {

  /**
   * Reads the prompt that the request's messages and tools make, without what would begin an
   * answer, and keeps it. Of the rest of the request only the priority counts. Blocks until it is
   * read; ends soon after {@code call} is cancelled.
   *
   * @param id a new one, to release it by
   * @param keep for how long, from now on; more than 0
   * @return the prompt's tokens, and how many of them were there before
   * @throws LlmException when the prompt is refused, is not read to its end, or there is no room to
   *     keep it; nothing is kept then
   */
  Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call) throws LlmException;

  /** Whether it still keeps it: not released, not given up and not over. Does not block. */
  boolean holds(WarmPrefixId id);

  /** Gives it up; nothing happens when there is none of this id. Does not block. */
  void release(WarmPrefixId id);
}
