package llm.core.template.answer;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.schema.Schema;
import llm.domain.chat.JsonText;

/**
 * What the parameters of a tool are, as its JSON Schema tells, for formats that write values
 * without types. Immutable.
 */
public final class ParameterTypes {
  private static final JsonLimits LIMITS = new JsonLimits(64, 64L << 20, 2_000_000);
  private static final int MAX_REFERENCES = 8;
  private static final String STRING = "string";
  private static final Map<String, String> PYTHON =
      Map.of("True", "true", "False", "false", "None", "null");

  private final Optional<JsonNode> schema;

  /** Of a tool with this schema; one that cannot be read tells nothing. */
  public ParameterTypes(JsonText schema) {
    this.schema = read(schema.value());
  }

  /** Whether a value is text whatever it looks like, so that it can be passed on as it comes. */
  boolean isText(String parameter) {
    return types(parameter).equals(Set.of(STRING));
  }

  /** The JSON of a whole value: text where the schema says so, JSON where it is such, else text. */
  String json(String parameter, String value) {
    Set<String> types = types(parameter);
    String bare = value.strip();
    String plain = PYTHON.getOrDefault(bare, bare);
    boolean mayBeNull = types.isEmpty() || types.contains("null");
    if (types.contains(STRING) && !(mayBeNull && plain.equals("null"))) {
      return quoted(value);
    }
    return read(plain).filter(node -> !(types.isEmpty() && isText(node))).isPresent()
        ? plain
        : quoted(value);
  }

  private static boolean isText(JsonNode node) {
    return node instanceof JsonNode.TextNode; // in quotes, where nobody asked for them
  }

  /**
   * The JSON Schema types that {@code parameter} may have, {@code other} for values of an {@code
   * enum} that are neither text nor null; none where nothing is said.
   */
  public Set<String> types(String parameter) {
    Set<String> types = new HashSet<>();
    schema
        .flatMap(root -> member(root, "properties"))
        .flatMap(properties -> member(properties, parameter))
        .ifPresent(property -> collect(property, types, 0));
    return types;
  }

  private void collect(JsonNode property, Set<String> types, int references) {
    member(property, "type")
        .ifPresent(type -> {
          if (type instanceof JsonNode.TextNode one) {
            types.add(one.text());
          } else if (type instanceof JsonNode.ArrayNode several) {
            several.elements().stream()
                .filter(JsonNode.TextNode.class::isInstance)
                .forEach(one -> types.add(((JsonNode.TextNode) one).text()));
          }
        });
    for (String form : new String[] {"anyOf", "oneOf", "allOf"}) {
      if (member(property, form).orElse(null) instanceof JsonNode.ArrayNode several) {
        several.elements().forEach(one -> collect(one, types, references));
      }
    }
    if (types.isEmpty()
        && member(property, "enum").orElse(null) instanceof JsonNode.ArrayNode all) {
      all.elements().forEach(one -> types.add(kind(one)));
    }
    if (references < MAX_REFERENCES
        && member(property, "$ref").orElse(null) instanceof JsonNode.TextNode pointer) {
      target(pointer.text()).ifPresent(found -> collect(found, types, references + 1));
    }
  }

  private static String kind(JsonNode value) {
    return switch (value) {
      case JsonNode.TextNode _ -> STRING;
      case JsonNode.NullNode _ -> "null";
      default -> "other";
    };
  }

  /** What {@code #/$defs/name} points to. */
  private Optional<JsonNode> target(String pointer) {
    if (!pointer.startsWith("#/")) {
      return Optional.empty();
    }
    Optional<JsonNode> found = schema;
    for (String step : pointer.substring(2).split("/", -1)) {
      String name = step.replace("~1", "/").replace("~0", "~");
      found = found.flatMap(node -> member(node, name));
    }
    return found;
  }

  private static Optional<JsonNode> member(JsonNode node, String name) {
    return node instanceof JsonNode.ObjectNode object
        ? Optional.ofNullable(object.members().get(name))
        : Optional.empty();
  }

  private static Optional<JsonNode> read(String json) {
    var reader = new PartialJson(Schema.ANYTHING, PartialJson.Framing.EXACT, LIMITS);
    reader.feed(json);
    reader.end();
    return reader.isComplete() && reader.problem().isEmpty() ? reader.root() : Optional.empty();
  }

  /** Text as a JSON string. */
  static String quoted(CharSequence text) {
    return '"' + escaped(text) + '"';
  }

  /** The same without the quotes; pieces of a text, escaped one by one, are the text escaped. */
  static String escaped(CharSequence text) {
    var json = new StringBuilder(text.length() + 2);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\t' -> json.append("\\t");
        case '\r' -> json.append("\\r");
        default -> {
          if (c < 0x20) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.toString();
  }
}
