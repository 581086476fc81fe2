package llm.core.conversation.wire;

import java.util.Optional;
import llm.core.conversation.Conversations.Opening;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the bodies of {@code POST /conversations} and {@code POST /conversations/{id}/turns}. Any
 * field that is not known is refused.
 */
public final class ConversationBodies {
  private ConversationBodies() {}

  /**
   * A turn that is asked for.
   *
   * @param turn the caller's id for it, if it gives one
   * @param text what the user says
   */
  public record Turn(Optional<String> turn, String text) {}

  /**
   * Reads what a new conversation is to be: {@code id}, {@code model}, {@code system} and {@code
   * metadata}, none of them required; no body at all is an empty one.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}
   */
  public static Opening opening(byte[] body) throws LlmException {
    if (body.length == 0) {
      return new Opening(Optional.empty(), Optional.empty(), Optional.empty(), false);
    }
    return JsonCursor.document(
        body,
        in -> {
          var read = new String[3];
          var metadata = new boolean[1];
          in.object(name -> {
            switch (name) {
              case "id" -> read[0] = in.string();
              case "model" -> read[1] = in.string();
              case "system" -> read[2] = in.string();
              default -> throw unknown(in, "id, model and system are");
            }
          });
          return new Opening(
              Optional.ofNullable(read[0]),
              Optional.ofNullable(read[1]),
              Optional.ofNullable(read[2]),
              metadata[0]);
        });
  }

  /**
   * Reads a turn: {@code text}, and {@code turn_id} so that it can be repeated safely.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}
   */
  public static Turn turn(byte[] body) throws LlmException {
    return JsonCursor.document(
        body,
        in -> {
          var read = new String[2];
          in.object(name -> {
            switch (name) {
              case "turn_id" -> read[0] = in.string();
              case "text" -> read[1] = in.string();
              default -> throw unknown(in, "text and turn_id are");
            }
          });
          if (read[1] == null) {
            throw new LlmException(
                LlmError.InvalidRequest.at("text", "text is missing: what the user says"));
          }
          return new Turn(Optional.ofNullable(read[0]), read[1]);
        });
  }

  private static LlmException unknown(JsonCursor in, String known) {
    return in.refusal("The field '" + in.path() + "' is not known here; " + known);
  }
}
