package llm.providers.mock;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.PartialJson;
import llm.core.schema.Schema;
import llm.domain.chat.JsonText;
import llm.domain.text.JsonWriter;

/**
 * Makes up arguments that fit a simple JSON Schema: required properties by their type, constants,
 * defaults, the first of an enumeration or of alternatives, local references. Patterns and formats
 * are beyond it, and so is what lies deeper than {@link #MAX_DEPTH} levels or makes the arguments
 * longer than {@link #MOST_TEXT} characters: there it writes null, or leaves away.
 */
final class SchemaSample {
  static final int MAX_DEPTH = 8;
  static final int MOST_TEXT = 1 << 20;

  private static final JsonLimits LIMITS = new JsonLimits(500, 4L << 20, 200_000);
  private static final int MOST_ITEMS = 8;
  private static final int MOST_CHARACTERS = 64;
  private static final String WORD = "demo";

  private final JsonNode root;
  private final JsonWriter out = new JsonWriter();
  private int room = MOST_TEXT; // below 0: nothing more is made up

  private SchemaSample(JsonNode root) {
    this.root = root;
  }

  /** An object that fits {@code schema}; the empty object for a schema that is none. */
  static JsonText of(JsonText schema) {
    var reader = new PartialJson(Schema.ANYTHING, PartialJson.Framing.EXACT, LIMITS);
    reader.feed(schema.value());
    if (!reader.end()) {
      return JsonText.EMPTY_OBJECT; // the schema is the caller's; a demo can do without
    }
    var sample = new SchemaSample(reader.root().orElseThrow());
    sample.write(sample.root, 0);
    JsonText json = sample.out.toJson();
    return json.value().startsWith("{") ? json : JsonText.EMPTY_OBJECT;
  }

  /** Writes one value that fits {@code schema}; null: there is no such schema, anything fits. */
  private void write(JsonNode schema, int depth) {
    if (depth > MAX_DEPTH || !spend(1)) {
      out.nullValue();
      return;
    }
    JsonNode given = given(schema);
    if (given != null) {
      copy(given);
      return;
    }
    String reference = text(member(schema, "$ref"));
    if (reference != null) {
      write(spend(reference.length()) ? target(reference) : null, depth + 1);
      return;
    }
    for (String alternatives : List.of("anyOf", "oneOf", "allOf")) {
      if (first(member(schema, alternatives)) instanceof JsonNode alternative) {
        write(alternative, depth + 1);
        return;
      }
    }
    ofType(schema, depth);
  }

  /** The value that the schema itself names; null: none. */
  private static JsonNode given(JsonNode schema) {
    for (String name : List.of("const", "default")) {
      if (member(schema, name) instanceof JsonNode value) {
        return value;
      }
    }
    return first(member(schema, "enum"));
  }

  /** As it was written; numbers keep all their digits. */
  private void copy(JsonNode value) {
    JsonText json = value.toJson();
    if (spend(json.value().length())) {
      out.value(json);
    } else {
      out.nullValue();
    }
  }

  private void ofType(JsonNode schema, int depth) {
    JsonNode type = member(schema, "type");
    String name = text(first(type) instanceof JsonNode one ? one : type);
    switch (name == null ? "" : name) {
      case "string" -> string(schema);
      case "integer" -> integer(schema);
      case "number" -> out.value(number(schema));
      case "boolean" -> out.value(true);
      case "null" -> out.nullValue();
      case "array" -> array(schema, depth);
      default -> object(schema, depth);
    }
  }

  private void object(JsonNode schema, int depth) {
    JsonNode properties = member(schema, "properties");
    Set<String> written = new HashSet<>();
    out.beginObject();
    for (JsonNode required : elements(member(schema, "required"))) {
      String name = text(required);
      if (!spend(name == null ? 1 : name.length() + 1)) {
        break;
      }
      if (name != null && written.add(name)) {
        out.name(name);
        write(member(properties, name), depth + 1);
      }
    }
    out.endObject();
  }

  private void array(JsonNode schema, int depth) {
    out.beginArray();
    int items = (int) Math.min(bound(schema, "minItems", 0), MOST_ITEMS);
    for (int index = 0; index < items && room >= 0; index++) {
      write(member(schema, "items"), depth + 1);
    }
    out.endArray();
  }

  private void string(JsonNode schema) {
    int least = (int) Math.clamp(bound(schema, "minLength", 0), 0, MOST_CHARACTERS);
    int most = (int) Math.clamp(bound(schema, "maxLength", MOST_CHARACTERS), 0, MOST_CHARACTERS);
    String text = WORD.repeat(Math.max(1, Math.ceilDiv(least, WORD.length())));
    spend(text.length());
    out.value(text.length() <= most ? text : text.substring(0, most));
  }

  /** Bounds that a long holds are taken exactly: a double would lose their last digits. */
  private void integer(JsonNode schema) {
    if (member(schema, "minimum") instanceof NumberNode least && least.isLong()) {
      out.value(least.asLong());
    } else if (!(member(schema, "minimum") instanceof NumberNode)
        && member(schema, "exclusiveMinimum") instanceof NumberNode below
        && below.isLong()
        && below.asLong() < Long.MAX_VALUE) {
      out.value(below.asLong() + 1);
    } else {
      out.value((long) Math.ceil(number(schema)));
    }
  }

  private static double number(JsonNode schema) {
    double number =
        member(schema, "minimum") instanceof NumberNode least
            ? least.asDouble()
            : member(schema, "exclusiveMinimum") instanceof NumberNode below
                ? below.asDouble() + 1
                : Math.min(1, bound(schema, "maximum", 1));
    return Math.clamp(number, -Double.MAX_VALUE, Double.MAX_VALUE); // JSON has no infinity
  }

  private static double bound(JsonNode schema, String name, double otherwise) {
    return member(schema, name) instanceof NumberNode number ? number.asDouble() : otherwise;
  }

  /** Whether there is room for so much more; once there was not, there is none any more. */
  private boolean spend(int characters) {
    room = room < characters ? -1 : room - characters;
    return room >= 0;
  }

  /** What a reference within the schema points at (RFC 6901); null: nothing that is here. */
  private JsonNode target(String reference) {
    if (!reference.startsWith("#/")) {
      return null;
    }
    JsonNode at = root;
    for (String token : reference.substring("#/".length()).split("/", -1)) {
      at = child(at, token.replace("~1", "/").replace("~0", "~"));
    }
    return at;
  }

  private static JsonNode child(JsonNode parent, String token) {
    if (parent instanceof ArrayNode array) {
      List<JsonNode> elements = array.elements();
      boolean index = token.matches("0|[1-9][0-9]{0,8}");
      return index && Integer.parseInt(token) < elements.size()
          ? elements.get(Integer.parseInt(token))
          : null;
    }
    return member(parent, token);
  }

  private static JsonNode member(JsonNode parent, String name) {
    Map<String, JsonNode> members =
        parent instanceof ObjectNode object ? object.members() : Map.of();
    return members.get(name);
  }

  private static List<JsonNode> elements(JsonNode node) {
    return node instanceof ArrayNode array ? array.elements() : List.of();
  }

  private static JsonNode first(JsonNode node) {
    List<JsonNode> elements = elements(node);
    return elements.isEmpty() ? null : elements.getFirst();
  }

  private static String text(JsonNode node) {
    return node instanceof TextNode text ? text.text() : null;
  }
}
