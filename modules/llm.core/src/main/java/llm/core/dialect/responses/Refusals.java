package llm.core.dialect.responses;

import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** What readers of this dialect say of what they do not take. */
final class Refusals {

  private Refusals() {}

  /** Of what nobody, or only some providers do. */
  static LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(path, "This server does not support " + what + "."));
  }

  /** Of a field that must be there. */
  static LlmException missing(JsonCursor in, String field, String why) {
    return missing(in.path(field), why);
  }

  /** The same at a place that is known. */
  static LlmException missing(String path, String why) {
    return new LlmException(LlmError.InvalidRequest.at(path, path + " is missing; " + why));
  }

  /** Of a value that is wrong. */
  static LlmException invalid(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}
