package llm.domain.port;

import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.call.Call;
import llm.domain.error.LlmException;

/**
 * Makes ready what requests go over, so that the next one does not wait for it: a connection to a
 * remote provider, a model in memory of a local one. Thread-safe.
 */
public interface ConnectionWarmer {

  /**
   * Asks something light, by the way that requests take. Blocks until it is answered; ends soon
   * after {@code call} is cancelled, which a provider does itself where a request needs the place.
   *
   * @return the status of the answer, whatever it is: who answers is connected; empty where there
   *     are none
   * @throws LlmException when there is no answer
   */
  OptionalInt ping(Call call) throws LlmException;

  /** How it is to be kept warm; empty: it is made ready only when somebody asks for that. */
  default Optional<WarmPlan> plan() {
    return Optional.empty();
  }

  /**
   * Nobody has asked for long, and pings have stopped: what else the provider does of its own
   * accord stops too, until the next request, ping or look at its health. Does not block.
   */
  default void rest() {}
}
