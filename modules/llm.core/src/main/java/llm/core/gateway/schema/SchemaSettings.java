package llm.core.gateway.schema;

import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How answers are held to the schemas that callers ask for; section {@code
 * gateway.structured_output}.
 *
 * @param repair whether a model whose answer does not fit is asked once more
 * @param judgesNative whether whole answers are judged, too, that a provider itself holds to a
 *     strict schema
 */
public record SchemaSettings(boolean repair, boolean judgesNative) {
  private static final Setting<Boolean> REPAIR =
      Setting.flag(
          "repair",
          true,
          "Whether a model whose answer does not fit the schema that was asked for is shown what is"
              + " wrong and asked once more; without it such an answer is an error at once.");
  private static final Setting<Boolean> VALIDATE_NATIVE =
      Setting.flag(
          "validate_native",
          true,
          "Whether whole answers are validated, too, of providers that take a strict schema"
              + " themselves; their streams are not held back for that.");

  /** What is built in. */
  public static final SchemaSettings DEFAULTS =
      new SchemaSettings(REPAIR.fallback().orElseThrow(), VALIDATE_NATIVE.fallback().orElseThrow());

  /** Reads the section within {@code gateway}. */
  public static SchemaSettings read(Section gateway) {
    Section section =
        gateway.section(
            "structured_output", "How answers are held to the JSON Schemas that callers ask for.");
    return new SchemaSettings(section.get(REPAIR), section.get(VALIDATE_NATIVE));
  }
}
