package llm.server.http;

import llm.domain.call.CallId;
import llm.domain.error.LlmError;

/** How errors look in one dialect. */
@FunctionalInterface
public interface ErrorFormat {
  /** The JSON body that says {@code error}. */
  byte[] body(LlmError error, CallId request);
}
