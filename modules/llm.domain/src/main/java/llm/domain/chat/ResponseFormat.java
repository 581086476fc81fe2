package llm.domain.chat;

import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.text.Excerpt;

/** What form an answer has to have. */
public sealed interface ResponseFormat {
  /** Any text. */
  record Text() implements ResponseFormat {}

  /** Some JSON object. */
  record JsonObject() implements ResponseFormat {}

  /**
   * JSON that fits a schema.
   *
   * @param name 1 to 64 characters of {@code A-Z a-z 0-9 _ -}, for the provider
   * @param description what it is for, for the model
   * @param schema JSON Schema
   * @param strict whether the answer must fit exactly; only some providers can
   */
  record JsonSchema(String name, Optional<String> description, JsonText schema, boolean strict)
      implements ResponseFormat {
    private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /** Rejects a name that providers would refuse. */
    public JsonSchema {
      if (!LEGAL.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "schema name " + Excerpt.of(name) + " must match " + LEGAL.pattern());
      }
    }
  }
}
