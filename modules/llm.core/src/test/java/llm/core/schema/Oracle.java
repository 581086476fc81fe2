package llm.core.schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Optional;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NullNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** What Jackson reads of a text, told to be as strict and as bounded as we are. */
final class Oracle {
  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(JsonLimits.ANSWER.depth())
                  .maxNumberLength(1_000)
                  .build())
          .build();

  private Oracle() {}

  /** The value in words that {@link #of(JsonNode)} uses too; empty: it is no JSON. */
  static Optional<String> read(String text) {
    try (JsonParser parser = JACKSON.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        return Optional.empty();
      }
      Object value = value(parser);
      return parser.nextToken() == null ? Optional.of(value.toString()) : Optional.empty();
    } catch (JacksonException _) {
      return Optional.empty();
    }
  }

  /**
   * Whether Jackson reads of {@code text} what {@code json} has read. Of half a surrogate pair in a
   * name, which it refuses and the grammar allows, it has no say.
   */
  static boolean agrees(String text, PartialJson json) {
    boolean good = json.problem().isEmpty();
    Optional<String> wanted = read(text);
    Optional<String> ours = good ? json.root().map(Oracle::of) : Optional.empty();
    return wanted.equals(ours) || good && wanted.isEmpty() && refusesHalves(text);
  }

  private static boolean refusesHalves(String text) {
    try (JsonParser parser = JACKSON.createParser(ObjectReadContext.empty(), text)) {
      while (parser.nextToken() != null) {
        // on to what it refuses
      }
      return false;
    } catch (JacksonException refused) {
      return refused.getMessage().contains("surrogate");
    }
  }

  /** Our value, in the same words. */
  static String of(JsonNode node) {
    return plain(node).toString();
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        var map = new LinkedHashMap<String, Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = quoted(parser.currentName());
          parser.nextToken();
          map.put(name, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        var list = new ArrayList<Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> quoted(parser.getString());
      default -> parser.getString();
    };
  }

  private static Object plain(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        var map = new LinkedHashMap<String, Object>();
        object.members().forEach((name, value) -> map.put(quoted(name), plain(value)));
        yield map;
      }
      case ArrayNode array -> array.elements().stream().map(Oracle::plain).toList();
      case TextNode text -> quoted(text.text());
      case NumberNode number -> number.text();
      case BooleanNode flag -> Boolean.toString(flag.value());
      case NullNode _ -> "null";
    };
  }

  /** Jackson leaves a half of a surrogate pair that stands alone as it is. */
  private static String quoted(String text) {
    var out = new StringBuilder("\"");
    text.codePoints()
        .map(point -> point >= 0xD800 && point <= 0xDFFF ? 0xFFFD : point)
        .forEach(out::appendCodePoint);
    return out.append('"').toString();
  }
}
