package llm.server.http;

import llm.domain.call.Principal;
import llm.domain.error.LlmException;

/** Decides whose request it is, before anything is done for it. Thread-safe; does not block. */
@FunctionalInterface
public interface Gate {
  /**
   * Lets a request in.
   *
   * @throws LlmException with {@code Unauthorized} or {@code Forbidden}
   */
  Principal admit(Head head, Route.Kind kind) throws LlmException;
}
