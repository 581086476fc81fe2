package llm.server.http;

import java.util.Map;
import llm.domain.call.CallId;
import llm.domain.error.LlmError;

/** How errors look in one dialect. */
@FunctionalInterface
public interface ErrorFormat {
  /** The JSON body that says {@code error}. */
  byte[] body(LlmError error, CallId request);

  /** The status that says {@code error}. */
  default int status(LlmError error) {
    return ErrorStatus.of(error);
  }

  /** Headers that the dialect has beside those of the status. */
  default Map<String, String> headers(CallId request) {
    return Map.of();
  }
}
