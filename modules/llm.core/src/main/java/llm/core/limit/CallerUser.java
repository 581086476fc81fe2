package llm.core.limit;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * Whom a caller asks for, by its own word: field {@code user}, or {@code safety_identifier}, of
 * OpenAI's requests, {@code metadata.user_id} of Anthropic's. Nobody checks it: it tells the users
 * of one key apart as far as the holder of the key tells the truth.
 */
public final class CallerUser {
  private CallerUser() {}

  /** Of the fields of a request that are not known otherwise. */
  public static Optional<String> of(Map<String, JsonText> fields) {
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    return text(fields.get("user"))
        .or(() -> text(fields.get("safety_identifier")))
        .or(() -> inside(fields.get("metadata")));
  }

  private static Optional<String> text(JsonText value) {
    if (value == null) {
      return Optional.empty();
    }
    try {
      return JsonCursor.piece(
          value,
          "user",
          cursor ->
              cursor.isString()
                  ? Optional.of(cursor.string()).filter(name -> !name.isEmpty())
                  : Optional.empty());
    } catch (LlmException _) {
      return Optional.empty(); // its provider says what is wrong with it
    }
  }

  private static Optional<String> inside(JsonText metadata) {
    if (metadata == null) {
      return Optional.empty();
    }
    var found = new AtomicReference<JsonText>();
    try {
      return JsonCursor.piece(
          metadata,
          "metadata",
          cursor -> {
            if (cursor.isObject()) {
              cursor.object(name -> {
                if (name.equals("user_id")) {
                  found.set(cursor.cut());
                }
              });
            }
            return text(found.get());
          });
    } catch (LlmException _) {
      return Optional.empty();
    }
  }
}
