package llm.core.cache;

import java.time.Duration;
import llm.core.cache.CacheRule.Scope;

/**
 * How one request is answered with the cache's help.
 *
 * @param life how long its answer is kept
 * @param oldest how old an answer may be that is given again
 * @param scope who is given it again
 * @param refreshes whether what is kept is not to be given
 * @param answerBytes the largest answer that is kept
 */
public record CachePlan(
    Duration life, Duration oldest, Scope scope, boolean refreshes, int answerBytes) {
  /** The same, where the model is asked anew. */
  CachePlan refreshing() {
    return new CachePlan(life, oldest, scope, true, answerBytes);
  }
}
