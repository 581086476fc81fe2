package llm.providers.upstream;

import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.model.SchemaSupport;

/** How an upstream is told of the schema that an answer has to fit; setting {@code json_schema}. */
public enum SchemaForm {
  /** As its kind of server, and the model, are known to take it. */
  AUTO,
  /** As a schema, which it holds its answer to. */
  NATIVE,
  /** In words, and it answers as some JSON object. */
  JSON_OBJECT,
  /** In words alone. */
  WORDS,
  /** Not at all. */
  REFUSE;

  private static final Setting<SchemaForm> SETTING =
      Setting.choice(
          "json_schema",
          AUTO,
          "How it is told of a JSON Schema that an answer has to fit: as such (native), in words with"
              + " its JSON mode (json_object), in words alone, or not at all (refuse). What it"
              + " answers to words is validated before anybody sees it. auto: as that kind of server"
              + " is known to take it.");

  /** Reads the setting. */
  static SchemaForm read(Section section) {
    return section.get(SETTING);
  }

  /** Rejects what an endpoint has no place for. */
  public static void rejectFields(SchemaForm said, Section section) {
    if (said == NATIVE || said == JSON_OBJECT) {
      section.reject(SETTING.key(), "must be auto, words or refuse for this kind of upstream");
    }
  }

  /** Rejects a mode that an upstream does not have. */
  public static void rejectJsonObject(SchemaForm said, Section section) {
    if (said == JSON_OBJECT) {
      section.reject(
          SETTING.key(), "must be auto, native, words or refuse for this kind of upstream");
    }
  }

  /** What it means to who asks; {@code usual} for auto. */
  SchemaSupport meaning(SchemaSupport usual) {
    return switch (this) {
      case AUTO -> usual;
      case NATIVE -> SchemaSupport.NATIVE;
      case JSON_OBJECT -> SchemaSupport.JSON_MODE;
      case WORDS -> SchemaSupport.WORDS;
      case REFUSE -> SchemaSupport.NONE;
    };
  }
}
