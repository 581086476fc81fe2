package llm.core.conversation;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.text.JsonWriter;

/** What a log's description says of a conversation, so that listing reads no records. */
final class ConversationHead {
  private ConversationHead() {}

  /**
   * What it says.
   *
   * @param turns begun
   */
  record Content(ConversationInfo.Identity identity, int turns) {}

  static String write(ConversationInfo.Identity identity, int turns) {
    return new JsonWriter()
        .beginObject()
        .name("owner")
        .value(identity.owner())
        .name("model")
        .value(identity.model().value())
        .name("created_at")
        .value(identity.createdAt().toEpochMilli())
        .name("turns")
        .value(turns)
        .endObject()
        .toJson()
        .value();
  }

  /** Reads a description; empty when it is none. */
  static Optional<Content> read(String id, String head) {
    try {
      return JsonCursor.document(
          head.getBytes(StandardCharsets.UTF_8),
          in -> {
            var texts = new String[2];
            var created = new long[1];
            var turns = new int[1];
            in.object(name -> {
              switch (name) {
                case "owner" -> texts[0] = in.string();
                case "model" -> texts[1] = in.string();
                case "created_at" -> created[0] = in.longInteger();
                case "turns" -> turns[0] = in.integer();
                default -> {
                  // of a later release
                }
              }
            });
            return texts[0] == null || texts[1] == null
                ? Optional.empty()
                : Optional.of(
                    new Content(
                        new ConversationInfo.Identity(
                            id,
                            new ModelName(texts[1]),
                            texts[0],
                            Instant.ofEpochMilli(created[0])),
                        turns[0]));
          });
    } catch (LlmException | IllegalArgumentException none) {
      return Optional.empty();
    }
  }
}
