package llm.core.schema.grammar.document;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.domain.text.Excerpt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** Reads the text of a schema: one JSON value, no name twice in an object, all within limits. */
final class JsonReader {
  private static final int MOST_CHARS = 256 * 1024;
  private static final int MOST_LEVELS = 96;
  private static final int MOST_DIGITS = 400;
  private static final int MOST_EXPONENT = 400;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MOST_LEVELS)
                  .maxNumberLength(MOST_DIGITS)
                  .build())
          .build();

  private JsonReader() {}

  static Json read(String text) throws UnsupportedSchema {
    if (text.length() > MOST_CHARS) {
      throw new UnsupportedSchema(
          "$",
          "the schema has " + text.length() + " characters; at most " + MOST_CHARS + " are read");
    }
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        throw new UnsupportedSchema("$", "the schema is empty; true is the one that all fits");
      }
      Json value = value(parser);
      if (parser.nextToken() != null) {
        throw new UnsupportedSchema("$", "more than one JSON value stands in the schema");
      }
      return value;
    } catch (StreamReadException problem) {
      throw new UnsupportedSchema(
          "$", "the schema cannot be read: " + Excerpt.of(problem.getOriginalMessage()));
    } catch (JacksonException problem) {
      throw new UnsupportedSchema(
          "$", "the schema is beyond a limit: " + Excerpt.of(problem.getOriginalMessage()));
    }
  }

  private static Json value(JsonParser parser) throws UnsupportedSchema {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> new Json.Null();
      case VALUE_TRUE -> new Json.Flag(true);
      case VALUE_FALSE -> new Json.Flag(false);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getString());
      case VALUE_STRING -> new Json.Text(parser.getString());
      case START_ARRAY -> {
        var values = new ArrayList<Json>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          values.add(value(parser));
        }
        yield new Json.Items(values);
      }
      default -> {
        var members = new LinkedHashMap<String, Json>();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
          parser.nextToken();
          members.put(name, value(parser));
        }
        yield new Json.Members(members);
      }
    };
  }

  private static Json number(String text) throws UnsupportedSchema {
    int e = Math.max(text.indexOf('e'), text.indexOf('E'));
    if (e < 0 || text.length() - e <= 5) {
      var value = new BigDecimal(text);
      if (Math.abs((long) value.scale()) <= MOST_EXPONENT) {
        return new Json.Num(value);
      }
    }
    throw new UnsupportedSchema("$", "the number " + Excerpt.of(text) + " is no double");
  }
}
