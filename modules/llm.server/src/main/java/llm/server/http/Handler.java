package llm.server.http;

import llm.domain.error.LlmException;

/** Answers the requests of one route, on the request's own virtual thread: it may block. */
@FunctionalInterface
public interface Handler {
  /**
   * Decides the answer; the caller writes it.
   *
   * @throws LlmException with what keeps it from answering; it becomes the error in the dialect of
   *     the path
   */
  Response handle(Request request) throws LlmException;
}
