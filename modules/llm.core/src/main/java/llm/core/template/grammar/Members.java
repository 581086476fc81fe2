package llm.core.template.grammar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.schema.Schema;
import llm.domain.chat.JsonText;

/** What JSON values are made of; a member that is null is one. */
final class Members {
  private static final JsonLimits LIMITS = new JsonLimits(64, 64L << 20, 2_000_000);

  private Members() {}

  /** The members of an object, in order; none of what is no object or nested too deeply. */
  static Map<String, JsonText> of(JsonText json) {
    Map<String, JsonText> members = new LinkedHashMap<>();
    if (read(json) instanceof JsonNode.ObjectNode object) {
      object.members().forEach((name, value) -> members.put(name, value.toJson()));
    }
    return members;
  }

  /** The elements of an array; none of what is no array. */
  static List<JsonText> elements(JsonText json) {
    return read(json) instanceof JsonNode.ArrayNode array
        ? array.elements().stream().map(JsonNode::toJson).toList()
        : List.of();
  }

  /** What a string says; empty for anything else. */
  static String text(JsonText json) {
    return read(json) instanceof JsonNode.TextNode node ? node.text() : "";
  }

  /** Whether it is a string. */
  static boolean isText(JsonText json) {
    return read(json) instanceof JsonNode.TextNode;
  }

  private static JsonNode read(JsonText json) {
    var reader = new PartialJson(Schema.ANYTHING, PartialJson.Framing.EXACT, LIMITS);
    reader.feed(json.value());
    reader.end();
    boolean whole = reader.isComplete() && reader.problem().isEmpty();
    return whole ? reader.root().orElse(null) : null;
  }
}
