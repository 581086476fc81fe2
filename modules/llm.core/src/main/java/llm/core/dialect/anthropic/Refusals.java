package llm.core.dialect.anthropic;

import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Refusals that the readers of this dialect have in common. */
final class Refusals {

  private Refusals() {}

  static LlmException missing(JsonCursor in, String field, String why) {
    String path = in.path(field);
    return new LlmException(LlmError.InvalidRequest.at(path, path + " is missing; " + why));
  }

  static LlmException misplaced(String path, String why) {
    return new LlmException(
        LlmError.InvalidRequest.at(path, path + " does not belong here; " + why));
  }

  /** What only Anthropic's own models do, or only some of them. */
  static LlmException unsupported(String path, String what) {
    String sentence = "This model's provider does not support " + what + ".";
    return new LlmException(new LlmError.Unsupported(path, sentence));
  }

  /** A field that is not known at a place where nothing can be relayed. */
  static LlmException unknown(JsonCursor in) {
    return in.refusal("The field '" + in.path() + "' is not known here; leave it out");
  }
}
