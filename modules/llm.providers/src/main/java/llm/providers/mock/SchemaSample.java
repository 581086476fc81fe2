package llm.providers.mock;

import java.util.List;
import llm.domain.chat.JsonText;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes up arguments that fit a simple JSON Schema: required properties by their type, constants,
 * defaults, the first of an enumeration or of alternatives, local references. Patterns and formats
 * are beyond it, and so is what lies deeper than {@link #MAX_DEPTH} levels.
 */
final class SchemaSample {
  static final int MAX_DEPTH = 8;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MOST_ITEMS = 8;
  private static final int MOST_CHARACTERS = 64;
  private static final String WORD = "demo";

  private final JsonNode root;

  private SchemaSample(JsonNode root) {
    this.root = root;
  }

  /** An object that fits {@code schema}; the empty object for a schema that is none. */
  static JsonText of(JsonText schema) {
    try {
      JsonNode root = JSON.readTree(schema.value());
      JsonNode sample = new SchemaSample(root).sample(root, 0);
      return sample.isObject() ? new JsonText(sample.toString()) : JsonText.EMPTY_OBJECT;
    } catch (JacksonException _) {
      return JsonText.EMPTY_OBJECT; // the schema is the caller's; a demo can do without
    }
  }

  private JsonNode sample(JsonNode schema, int depth) {
    if (depth > MAX_DEPTH) {
      return NODES.nullNode();
    }
    for (String given : List.of("const", "default")) {
      if (schema.has(given)) {
        return schema.get(given);
      }
    }
    if (schema.path("enum").isArray() && !schema.get("enum").isEmpty()) {
      return schema.get("enum").get(0);
    }
    if (schema.path("$ref").isString()) {
      return sample(target(schema.get("$ref").stringValue()), depth + 1);
    }
    for (String alternatives : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.path(alternatives).isArray() && !schema.get(alternatives).isEmpty()) {
        return sample(schema.get(alternatives).get(0), depth + 1);
      }
    }
    return ofType(schema, depth);
  }

  private JsonNode ofType(JsonNode schema, int depth) {
    JsonNode type = schema.path("type");
    String name = type.isArray() && !type.isEmpty() ? type.get(0).asString("") : type.asString("");
    return switch (name) {
      case "string" -> string(schema);
      case "integer" -> NODES.numberNode((long) Math.ceil(number(schema)));
      case "number" -> NODES.numberNode(number(schema));
      case "boolean" -> NODES.booleanNode(true);
      case "null" -> NODES.nullNode();
      case "array" -> array(schema, depth);
      default -> object(schema, depth);
    };
  }

  private ObjectNode object(JsonNode schema, int depth) {
    ObjectNode object = NODES.objectNode();
    JsonNode properties = schema.path("properties");
    for (JsonNode name : schema.path("required")) {
      if (name.isString()) {
        object.set(name.stringValue(), sample(properties.path(name.stringValue()), depth + 1));
      }
    }
    return object;
  }

  private ArrayNode array(JsonNode schema, int depth) {
    ArrayNode array = NODES.arrayNode();
    int items = Math.min(schema.path("minItems").asInt(0), MOST_ITEMS);
    for (int index = 0; index < items; index++) {
      array.add(sample(schema.path("items"), depth + 1));
    }
    return array;
  }

  private static JsonNode string(JsonNode schema) {
    int least = Math.min(schema.path("minLength").asInt(0), MOST_CHARACTERS);
    int most = Math.max(0, schema.path("maxLength").asInt(MOST_CHARACTERS));
    String text = WORD.repeat(Math.max(1, Math.ceilDiv(least, WORD.length())));
    return NODES.stringNode(text.length() <= most ? text : text.substring(0, most));
  }

  private static double number(JsonNode schema) {
    if (schema.path("minimum").isNumber()) {
      return schema.get("minimum").doubleValue();
    }
    if (schema.path("exclusiveMinimum").isNumber()) {
      return schema.get("exclusiveMinimum").doubleValue() + 1;
    }
    return Math.min(1, schema.path("maximum").asDouble(1));
  }

  private JsonNode target(String reference) {
    return reference.startsWith("#/") ? root.at(reference.substring(1)) : NODES.missingNode();
  }
}
