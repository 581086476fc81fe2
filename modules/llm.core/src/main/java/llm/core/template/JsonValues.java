package llm.core.template;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.JsonLimits;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.schema.Schema;
import llm.core.template.value.Key;
import llm.core.template.value.Text;
import llm.core.template.value.Value;
import llm.domain.chat.JsonText;

/** JSON as values of a template. */
final class JsonValues {
  private static final JsonLimits LIMITS = new JsonLimits(64, 64L << 20, 2_000_000);
  private static final int MAX_DIGITS = 1_000;

  private JsonValues() {}

  /** The value of {@code json}, whose words have {@code label}; empty when it is no JSON. */
  static Optional<Value> read(JsonText json, int label) {
    var reader = new PartialJson(Schema.ANYTHING, PartialJson.Framing.EXACT, LIMITS);
    reader.feed(json.value());
    reader.end();
    return reader.isComplete() && reader.problem().isEmpty()
        ? reader.root().map(node -> value(node, label))
        : Optional.empty();
  }

  private static Value value(JsonNode node, int label) {
    return switch (node) {
      case JsonNode.ObjectNode object -> {
        Map<Key, Value> entries = new LinkedHashMap<>();
        object.members().forEach((k, v) -> entries.put(Key.of(Text.of(k, label)), value(v, label)));
        yield new Value.Dict(entries);
      }
      case JsonNode.ArrayNode array ->
          Value.list(array.elements().stream().map(item -> value(item, label)).toList());
      case JsonNode.TextNode text -> Value.of(Text.of(text.text(), label));
      case JsonNode.NumberNode number -> number(number.text());
      case JsonNode.BooleanNode truth -> Value.of(truth.value());
      case JsonNode.NullNode _ -> Value.NONE;
    };
  }

  private static Value number(String text) {
    boolean whole = text.chars().noneMatch(c -> ".eE".indexOf(c) >= 0);
    return whole && text.length() <= MAX_DIGITS
        ? new Value.Int(new BigInteger(text))
        : new Value.Real(Double.parseDouble(text));
  }
}
