package llm.core.schema.valid;

import java.util.Optional;
import java.util.regex.Pattern;
import llm.core.schema.JsonNode.ArrayNode;

/**
 * What is left of older drafts: {@code definitions} and {@code dependencies}, and arrays in {@code
 * items} are read as they were meant; the rest is judged as draft 2020-12 says.
 */
final class Drafts {
  private static final Pattern KNOWN =
      Pattern.compile(
          "https?://json-schema\\.org/(draft/2020-12/|draft/2019-09/|draft-0[67]/|)schema#?");

  private Drafts() {}

  /** Refuses a schema of a language that is not known, and keywords that were given up. */
  static void require(Keywords keywords) throws InvalidSchema {
    Optional<String> dialect = keywords.text("$schema");
    if (dialect.isPresent() && !KNOWN.matcher(dialect.get()).matches()) {
      throw keywords.wrong(
          "$schema", "is a language that is not known here; leave it out, or name draft 2020-12");
    }
    if (keywords.has("$recursiveRef")) {
      throw keywords.wrong("$recursiveRef", "is not known here; write $dynamicRef or $ref");
    }
  }

  /** Whether {@code items} says what each element is, and {@code additionalItems} what the rest. */
  static boolean areItemsListed(Keywords keywords) {
    return keywords.any("items").orElse(null) instanceof ArrayNode;
  }
}
