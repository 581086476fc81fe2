package llm.core.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.PartialJson.Framing;
import llm.core.schema.Schema.Property;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads the supported part of JSON Schema (draft 2020-12) from text. A keyword that would ask for
 * something and is not known here is refused: to leave it out would pass off as valid what is not.
 */
final class SchemaReader {
  private static final Set<String> ANNOTATIONS =
      Set.of("$schema", "$id", "$comment", "title", "description", "default", "examples");
  private static final String KEYWORDS =
      "type, properties, required, additionalProperties, items, minItems, maxItems, enum, const,"
          + " anyOf, minimum, maximum, minLength, maxLength";

  /**
   * Of a schema's own text; the names of its properties and the values of its choices are in it.
   */
  private static final JsonLimits LIMITS = new JsonLimits(64, 1 << 20, 20_000);

  private SchemaReader() {}

  static Schema read(JsonText text, String path) throws LlmException {
    var json = new PartialJson(Schema.ANYTHING, Framing.EXACT, LIMITS);
    json.feed(text.value());
    if (!json.end()) {
      throw refused(path, "is no JSON schema: " + json.problem().orElseThrow().message());
    }
    return schema(json.root().orElseThrow(), path);
  }

  private static Schema schema(JsonNode node, String path) throws LlmException {
    if (node instanceof BooleanNode all && all.value()) {
      return Schema.ANYTHING;
    }
    if (!(node instanceof ObjectNode object)) {
      throw refused(path, "must be a schema, an object; it is " + node.kind().words());
    }
    if (object.member("anyOf") != null) {
      return anyOf(object, path);
    }
    if (object.member("enum") != null || object.member("const") != null) {
      return choice(object, path);
    }
    List<String> types = types(object, path);
    if (types.isEmpty()) {
      requireKeywords(object, path, Set.of());
      return Schema.ANYTHING;
    }
    if (types.size() == 1) {
      return typed(object, types.getFirst(), path);
    }
    var options = new ArrayList<Schema>();
    for (String type : types) {
      boolean bare = type.equals("null") || types.size() > 2 || !types.contains("null");
      options.add(
          bare ? typed(onlyType(object, path, types), type, path) : typed(object, type, path));
    }
    return new Schema.AnyOf(options);
  }

  /** Of several types besides null none may have keywords: whose they are would be a guess. */
  private static ObjectNode onlyType(ObjectNode object, String path, List<String> types)
      throws LlmException {
    if (types.size() > 2 || !types.contains("null")) {
      requireKeywords(object, path, Set.of("type"));
    }
    return new ObjectNode();
  }

  private static Schema typed(ObjectNode object, String type, String path) throws LlmException {
    requireKeywords(object, path, keywords(type, path));
    try {
      return switch (type) {
        case "string" ->
            new Schema.Text(
                count(object, "minLength", path, 0),
                count(object, "maxLength", path, Schema.UNBOUNDED));
        case "integer" ->
            new Schema.Whole(
                whole(object, "minimum", path, Long.MIN_VALUE),
                whole(object, "maximum", path, Long.MAX_VALUE));
        case "number" ->
            new Schema.Decimal(
                decimal(object, "minimum", path, Double.NEGATIVE_INFINITY),
                decimal(object, "maximum", path, Double.POSITIVE_INFINITY));
        case "boolean" -> new Schema.Flag();
        case "null" -> new Schema.Nothing();
        case "array" -> sequence(object, path);
        default -> structure(object, path);
      };
    } catch (IllegalArgumentException illegal) {
      throw refused(path, "is a schema that nothing fits: " + illegal.getMessage());
    }
  }

  private static Set<String> keywords(String type, String path) throws LlmException {
    return switch (type) {
      case "string" -> Set.of("type", "minLength", "maxLength");
      case "integer", "number" -> Set.of("type", "minimum", "maximum");
      case "boolean", "null" -> Set.of("type");
      case "array" -> Set.of("type", "items", "minItems", "maxItems");
      case "object" -> Set.of("type", "properties", "required", "additionalProperties");
      default ->
          throw refused(
              path + ".type",
              "must be string, integer, number, boolean, null, array or object; it is "
                  + Excerpt.of(type));
    };
  }

  private static Schema sequence(ObjectNode object, String path) throws LlmException {
    JsonNode items = object.member("items");
    return new Schema.Sequence(
        items == null ? Schema.ANYTHING : schema(items, path + ".items"),
        count(object, "minItems", path, 0),
        count(object, "maxItems", path, Schema.UNBOUNDED));
  }

  private static Schema structure(ObjectNode object, String path) throws LlmException {
    Set<String> required = new LinkedHashSet<>(strings(object, "required", path));
    Set<String> names = Set.of();
    var properties = new ArrayList<Property>();
    if (object.member("properties") != null) {
      names = object(object, "properties", path).members().keySet();
      for (var member : object(object, "properties", path).members().entrySet()) {
        String name = member.getKey();
        var at = new StringBuilder(path).append(".properties");
        OpenNodes.appendName(at, name);
        Schema schema = schema(member.getValue(), at.toString());
        properties.add(new Property(name, schema, required.contains(name), description(member)));
      }
    }
    for (String name : required) {
      if (!names.contains(name)) {
        throw refused(path + ".required", "names " + Excerpt.of(name) + ", which is no property");
      }
    }
    JsonNode others = object.member("additionalProperties");
    boolean closed = others instanceof BooleanNode flag && !flag.value();
    Optional<Schema> rest =
        others == null
            ? Optional.of(Schema.ANYTHING)
            : closed
                ? Optional.empty()
                : Optional.of(schema(others, path + ".additionalProperties"));
    return new Schema.Structure(properties, rest, text(object, "description"));
  }

  private static Optional<String> description(Map.Entry<String, JsonNode> property) {
    return property.getValue() instanceof ObjectNode object
        ? text(object, "description")
        : Optional.empty();
  }

  private static Schema anyOf(ObjectNode object, String path) throws LlmException {
    requireKeywords(object, path, Set.of("anyOf"));
    if (!(object.member("anyOf") instanceof ArrayNode array) || array.size() == 0) {
      throw refused(path + ".anyOf", "must be an array of at least one schema");
    }
    var options = new ArrayList<Schema>();
    for (JsonNode option : array.elements()) {
      options.add(schema(option, path + ".anyOf[" + options.size() + "]"));
    }
    return new Schema.AnyOf(options);
  }

  private static Schema choice(ObjectNode object, String path) throws LlmException {
    requireKeywords(object, path, Set.of("type", "enum", "const"));
    List<String> types = types(object, path);
    boolean strings = types.isEmpty() || types.equals(List.of("string"));
    if (!strings || object.member("enum") != null && object.member("const") != null) {
      throw refused(path, "may have enum or const, one of them, of strings");
    }
    if (object.member("const") instanceof TextNode one) {
      return new Schema.Choice(List.of(one.text()));
    }
    if (object.member("const") != null) {
      throw refused(path + ".const", "must be a string; other constants are not supported");
    }
    List<String> values = strings(object, "enum", path);
    if (values.isEmpty()) {
      throw refused(path + ".enum", "must have at least one string");
    }
    return new Schema.Choice(values);
  }

  private static List<String> types(ObjectNode object, String path) throws LlmException {
    JsonNode type = object.member("type");
    return type instanceof TextNode one ? List.of(one.text()) : strings(object, "type", path);
  }

  private static List<String> strings(ObjectNode object, String keyword, String path)
      throws LlmException {
    JsonNode node = object.member(keyword);
    if (node == null) {
      return List.of();
    }
    var strings = new ArrayList<String>();
    if (node instanceof ArrayNode array) {
      for (JsonNode element : array.elements()) {
        if (element instanceof TextNode text) {
          strings.add(text.text());
        }
      }
      if (strings.size() == array.size()) {
        return strings;
      }
    }
    throw refused(path + "." + keyword, "must be an array of strings");
  }

  private static ObjectNode object(ObjectNode object, String keyword, String path)
      throws LlmException {
    if (object.member(keyword) instanceof ObjectNode inner) {
      return inner;
    }
    throw refused(path + "." + keyword, "must be an object");
  }

  private static Optional<String> text(ObjectNode object, String keyword) {
    return object.member(keyword) instanceof TextNode text
        ? Optional.of(text.text())
        : Optional.empty();
  }

  private static int count(ObjectNode object, String keyword, String path, int absent)
      throws LlmException {
    long count = whole(object, keyword, path, absent);
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw refused(path + "." + keyword, "must be from 0 to " + Integer.MAX_VALUE);
    }
    return (int) count;
  }

  private static long whole(ObjectNode object, String keyword, String path, long absent)
      throws LlmException {
    JsonNode node = object.member(keyword);
    if (node == null) {
      return absent;
    }
    if (node instanceof NumberNode number && number.isLong()) {
      return number.asLong();
    }
    throw refused(path + "." + keyword, "must be an integer");
  }

  private static double decimal(ObjectNode object, String keyword, String path, double absent)
      throws LlmException {
    JsonNode node = object.member(keyword);
    if (node == null) {
      return absent;
    }
    if (node instanceof NumberNode number && Double.isFinite(number.asDouble())) {
      return number.asDouble();
    }
    throw refused(path + "." + keyword, "must be a number");
  }

  private static void requireKeywords(ObjectNode object, String path, Set<String> known)
      throws LlmException {
    for (String keyword : object.members().keySet()) {
      if (!known.contains(keyword) && !ANNOTATIONS.contains(keyword)) {
        throw refused(
            path,
            "has the keyword "
                + Excerpt.of(keyword)
                + ", which is not supported here; supported are "
                + KEYWORDS);
      }
    }
  }

  private static LlmException refused(String path, String what) {
    String where = path.startsWith(".") ? path.substring(1) : path;
    String subject = where.isEmpty() ? "The schema" : where;
    return new LlmException(
        new LlmError.InvalidRequest(
            where.isEmpty() ? Optional.empty() : Optional.of(where), subject + " " + what + "."));
  }
}
