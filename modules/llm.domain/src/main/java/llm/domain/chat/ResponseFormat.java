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

  /**
   * Text of a grammar that the caller gives, as llama.cpp writes grammars.
   *
   * @param gbnf GBNF whose start rule is {@code root}; 1 to {@link #MOST_CHARACTERS} characters,
   *     not yet read
   */
  record Grammar(String gbnf) implements ResponseFormat {
    /** The longest one. */
    public static final int MOST_CHARACTERS = 65_536;

    /** Rejects an empty one and one that is too long. */
    public Grammar {
      if (gbnf.isBlank()) {
        throw new IllegalArgumentException("a grammar must say something");
      }
      if (gbnf.length() > MOST_CHARACTERS) {
        throw new IllegalArgumentException(
            "a grammar of "
                + gbnf.length()
                + " characters is too long; "
                + MOST_CHARACTERS
                + " are the most");
      }
    }
  }
}
