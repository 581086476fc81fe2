package llm.core.dialect.responses;

import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;

/** The limits of {@code metadata}: what a caller notes with a response for itself. */
final class Metadata {
  private static final int MOST = 16;
  private static final int MOST_NAME = 64; // characters
  private static final int MOST_VALUE = 512; // characters

  private Metadata() {}

  /**
   * Checks the object that the cursor stands on.
   *
   * @throws LlmException when it is none of strings, or is beyond the limits
   */
  static void check(JsonCursor in) throws LlmException {
    var count = new int[1];
    in.object(name -> {
      if (++count[0] > MOST) {
        throw in.refusal("metadata holds more than " + MOST + " pairs");
      }
      if (name.length() > MOST_NAME) {
        throw in.refusal("a name in metadata is longer than " + MOST_NAME + " characters");
      }
      if (in.string().length() > MOST_VALUE) {
        throw in.refusal(in.path() + " is longer than " + MOST_VALUE + " characters");
      }
    });
  }
}
