package llm.core.schema.reference;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/**
 * Which keywords hold schemas (JSON Schema Core, sections 8.2.4, 10 and 11), those of older drafts
 * among them; {@code items} may hold one or several.
 */
public final class SubschemaKeywords {
  /** Those whose value is a schema. */
  public static final SequencedSet<String> ONE =
      set(
          "additionalProperties",
          "unevaluatedProperties",
          "propertyNames",
          "items",
          "additionalItems",
          "unevaluatedItems",
          "contains",
          "not",
          "if",
          "then",
          "else",
          "contentSchema");

  /** Those whose value is an array of schemas. */
  public static final SequencedSet<String> SEVERAL =
      set("allOf", "anyOf", "oneOf", "prefixItems", "items");

  /** Those whose value has a schema for each name. */
  public static final SequencedSet<String> NAMED =
      set(
          "properties",
          "patternProperties",
          "$defs",
          "definitions",
          "dependentSchemas",
          "dependencies");

  private SubschemaKeywords() {}

  private static SequencedSet<String> set(String... names) {
    return Collections.unmodifiableSequencedSet(new LinkedHashSet<>(List.of(names)));
  }
}
