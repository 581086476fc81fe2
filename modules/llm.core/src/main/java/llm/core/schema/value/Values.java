package llm.core.schema.value;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.domain.text.Excerpt;

/** When JSON values are the same (JSON Schema Core, section 4.2.2): by what they mean. */
public final class Values {
  private static final int STEPS = 8; // of one value
  private static final int STEPS_OF_NUMBER = 40; // which is read anew
  private static final int MOST_SHOWN = 32; // characters of a number

  private Values() {}

  /** A value as a member of a set; looking for it counts, as hashes may be made to meet. */
  public record Same(JsonNode node, LongConsumer steps) {
    @Override
    public boolean equals(Object other) {
      steps.accept(Values.steps(node));
      return other instanceof Same same && Values.areSame(node, same.node);
    }

    @Override
    public int hashCode() {
      return hash(node);
    }
  }

  /** What it takes to find or compare a value, in steps of some tens of nanoseconds. */
  public static long steps(JsonNode node) {
    return switch (node) {
      case NumberNode number -> STEPS_OF_NUMBER + (long) number.text().length();
      case TextNode text -> STEPS + text.text().length() / 16;
      case BooleanNode _, JsonNode.NullNode _ -> STEPS;
      case ArrayNode array -> STEPS + array.elements().stream().mapToLong(Values::steps).sum();
      case ObjectNode object ->
          STEPS
              + object.members().entrySet().stream()
                  .mapToLong(member -> STEPS + steps(member.getValue()))
                  .sum();
    };
  }

  /** What it takes to tell whether both mean the same, as {@link #steps}; 1 where a look does. */
  public static long stepsToCompare(JsonNode one, JsonNode other) {
    return switch (one) {
      case NumberNode _ when other instanceof NumberNode -> STEPS;
      case ArrayNode some when other instanceof ArrayNode others ->
          some.elements().size() == others.elements().size() ? steps(one) : 1;
      case ObjectNode some when other instanceof ObjectNode others ->
          some.members().size() == others.members().size() ? steps(one) : 1;
      default -> 1;
    };
  }

  /** Whether both mean the same. */
  public static boolean areSame(JsonNode one, JsonNode other) {
    return switch (one) {
      case NumberNode number ->
          other instanceof NumberNode same && Numbers.of(number).compareTo(Numbers.of(same)) == 0;
      case TextNode text -> other instanceof TextNode same && text.text().equals(same.text());
      case BooleanNode flag -> other instanceof BooleanNode same && flag.value() == same.value();
      case JsonNode.NullNode _ -> other instanceof JsonNode.NullNode;
      case ArrayNode array ->
          other instanceof ArrayNode same && areSame(array.elements(), same.elements());
      case ObjectNode object ->
          other instanceof ObjectNode same && areSame(object.members(), same.members());
    };
  }

  private static boolean areSame(List<JsonNode> some, List<JsonNode> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (!areSame(some.get(i), others.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean areSame(Map<String, JsonNode> some, Map<String, JsonNode> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (var member : some.entrySet()) {
      JsonNode other = others.get(member.getKey());
      if (other == null || !areSame(member.getValue(), other)) {
        return false;
      }
    }
    return true;
  }

  private static int hash(JsonNode node) {
    return switch (node) {
      case NumberNode number -> hash(Numbers.of(number));
      case TextNode text -> text.text().hashCode();
      case BooleanNode flag -> Boolean.hashCode(flag.value());
      case JsonNode.NullNode _ -> 7;
      case ArrayNode array -> {
        int hash = 1;
        for (JsonNode element : array.elements()) {
          hash = 31 * hash + hash(element);
        }
        yield hash;
      }
      case ObjectNode object -> {
        int hash = 0; // whatever the order
        for (var member : object.members().entrySet()) {
          hash += member.getKey().hashCode() ^ hash(member.getValue());
        }
        yield hash;
      }
    };
  }

  private static int hash(BigDecimal number) {
    return number.signum() == 0 ? 0 : number.stripTrailingZeros().hashCode();
  }

  /** A value as a message may repeat it: a name, a number or a choice; of others what they are. */
  public static String shown(JsonNode node) {
    return switch (node) {
      case NumberNode number -> shown(number.text());
      case TextNode text -> Excerpt.of(text.text());
      case BooleanNode flag -> Boolean.toString(flag.value());
      case JsonNode.NullNode _, ArrayNode _, ObjectNode _ -> node.kind().words();
    };
  }

  /** A number as a message may repeat it. */
  public static String shown(String number) {
    return number.length() <= MOST_SHOWN ? number : number.substring(0, MOST_SHOWN) + "…";
  }
}
