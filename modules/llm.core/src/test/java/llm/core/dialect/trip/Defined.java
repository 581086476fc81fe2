package llm.core.dialect.trip;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that a dialect defines of a request, from the type definitions of its vendor's own client,
 * and requests made of it. The lists say from which version; they are types with their fields
 * ({@code ?}: optional), whose values are {@code =} a literal, a name of a plain type, {@code is}
 * another type, {@code list}, {@code map} or {@code or}.
 */
final class Defined {
  static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int DEEPEST = 7;
  private static final int DEEPEST_OF_ALL = 12;

  private final JsonNode types;
  private final String root;
  private final Set<String> seen = new HashSet<>();
  private final Set<String> left;
  private final Map<JsonNode, Set<String>> within = new IdentityHashMap<>(); // fields of a kind
  private Random random = new Random(0);
  private int names;

  /**
   * The list of a file.
   *
   * @param left fields ({@code Type.field}) and types that no request gets
   */
  Defined(String file, Set<String> left) {
    try (InputStream in = Defined.class.getResourceAsStream("/dialects/" + file)) {
      JsonNode all = JSON.readTree(in.readAllBytes());
      types = all.get("types");
      root = all.get("root").stringValue();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    this.left = left;
  }

  /** A request. */
  ObjectNode request(long seed) {
    random = new Random(seed);
    names = 0;
    return object(root, 0);
  }

  /** What {@code type} stands for, made anew. */
  ObjectNode of(String type, Random chance) {
    random = chance;
    return object(type, 3);
  }

  /** Fields that a request could have and none had so far, as {@code Type.field}. */
  Set<String> uncovered() {
    var open = new TreeSet<String>();
    var known = new HashSet<String>();
    fields(root, known);
    for (String field : known) {
      if (!seen.contains(field)) {
        open.add(field);
      }
    }
    return open;
  }

  private void fields(String type, Set<String> into) {
    for (Map.Entry<String, JsonNode> field : types.get(type).properties()) {
      String name = type + "." + plain(field.getKey());
      if (!left.contains(name) && into.add(name)) {
        refer(field.getValue(), into);
      }
    }
  }

  private void refer(JsonNode value, Set<String> into) {
    for (JsonNode one : alternatives(value)) {
      if (one.has("is")) {
        fields(one.get("is").stringValue(), into);
      } else if (one.has("list") || one.has("map")) {
        refer(one.has("list") ? one.get("list") : one.get("map"), into);
      }
    }
  }

  /** Whether a value of this kind may bring a field that no request had so far. */
  private boolean leadsOn(JsonNode kind) {
    return !seen.containsAll(
        within.computeIfAbsent(
            kind,
            value -> {
              var fields = new HashSet<String>();
              refer(value, fields);
              return fields;
            }));
  }

  private List<JsonNode> alternatives(JsonNode value) {
    var all = new ArrayList<JsonNode>();
    for (JsonNode one : value.has("or") ? value.get("or") : JSON.createArrayNode().add(value)) {
      if (!one.has("is") || !left.contains(one.get("is").stringValue())) {
        all.add(one);
      }
    }
    return all;
  }

  private ObjectNode object(String type, int depth) {
    ObjectNode made = JSON.createObjectNode();
    for (Map.Entry<String, JsonNode> field : types.get(type).properties()) {
      String name = plain(field.getKey());
      boolean isOptional = field.getKey().endsWith("?");
      boolean isNew =
          depth < DEEPEST_OF_ALL
              && (!seen.contains(type + "." + name) || leadsOn(field.getValue()));
      boolean wanted =
          !isOptional
              || isNew && random.nextInt(2) == 0
              || depth < DEEPEST && random.nextInt(depth == 0 ? 4 : 3) == 0;
      if (wanted && !left.contains(type + "." + name)) {
        seen.add(type + "." + name);
        made.set(name, value(name, field.getValue(), depth + 1));
      }
    }
    return made;
  }

  private JsonNode value(String name, JsonNode kind, int depth) {
    List<JsonNode> all = alternatives(kind);
    JsonNode one = all.get(depth > DEEPEST ? 0 : random.nextInt(all.size()));
    for (JsonNode other : all) {
      if (depth < DEEPEST_OF_ALL && leadsOn(other) && random.nextInt(2) == 0) {
        one = other;
      }
    }
    if (one.has("is")) {
      return object(one.get("is").stringValue(), depth);
    }
    if (one.has("map")) {
      return JSON.createObjectNode()
          .set(name.equals("logit_bias") ? "17" : "key", value("", one.get("map"), depth + 1));
    }
    if (one.has("list")) {
      ArrayNode list = JSON.createArrayNode();
      int size = depth > DEEPEST_OF_ALL ? 0 : 1 + random.nextInt(depth > DEEPEST ? 1 : 3);
      for (int i = 0; i < size; i++) {
        list.add(value(name, one.get("list"), depth + 1));
      }
      return list;
    }
    return plain(name, one.stringValue());
  }

  private JsonNode plain(String name, String kind) {
    return switch (kind) {
      case "any" -> JSON.createObjectNode().put("type", "object");
      case "boolean" -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
      case "number" ->
          switch (name) {
            case "temperature", "top_p", "frequency_penalty", "presence_penalty" ->
                JSON.getNodeFactory().numberNode(0.5);
            default -> JSON.getNodeFactory().numberNode(3 + random.nextInt(5));
          };
      case "string" ->
          JSON.getNodeFactory()
              .stringNode(
                  switch (name) {
                    case "url", "image_url", "file_url" -> "https://x.example/" + names++;
                    case "arguments" -> "{\"x\":" + names++ + "}";
                    case "data" -> "AAA" + names++ % 10;
                    default -> "n" + names++;
                  });
      default ->
          kind.startsWith("!")
              ? JSON.getNodeFactory().booleanNode(kind.equals("!true"))
              : kind.startsWith("#")
                  ? JSON.getNodeFactory().numberNode(Integer.parseInt(kind.substring(1)))
                  : JSON.getNodeFactory().stringNode(kind.substring(1));
    };
  }

  private static String plain(String field) {
    return field.endsWith("?") ? field.substring(0, field.length() - 1) : field;
  }
}
