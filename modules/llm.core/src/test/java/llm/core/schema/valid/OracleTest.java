package llm.core.schema.valid;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random schemas and values, judged by another validator too. */
class OracleTest {
  private static final int SCHEMAS = Integer.getInteger("llm.test.schemas", 1_500);
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122L);
  private static final int TEXTS = 8;

  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  @Test
  void judgesAsTheOtherOneDoes() throws InvalidSchema {
    var random = new SplittableRandom(SEED);
    int valid = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      String schema = new RandomSchema(random).text();
      var ours = SchemaValidator.of(schema);
      Schema theirs = registry.getSchema(schema, InputFormat.JSON);
      for (int j = 0; j < TEXTS; j++) {
        String text = RandomSchema.value(random, 3);
        boolean expected = theirs.validate(text, InputFormat.JSON).isEmpty();
        valid += expected ? 1 : 0;
        assertThat(ours.check(text).isEmpty())
            .as("seed %d, schema %d: %s\nvalue %s: %s", SEED, i, schema, text, ours.check(text))
            .isEqualTo(expected);
      }
    }
    assertThat(valid).as("valid ones").isBetween(SCHEMAS, SCHEMAS * (TEXTS - 1));
  }

  /** All keywords, over so few names and values that they meet. */
  private static final class RandomSchema {
    private static final String[] NAMES = {"a", "b", "c"};
    private final SplittableRandom random;

    RandomSchema(SplittableRandom random) {
      this.random = random;
    }

    String text() {
      return "{\"$defs\":{\"x\":" + schema(2) + ",\"y\":" + schema(1) + "}," + keywords(3) + "}";
    }

    private String schema(int depth) {
      if (depth <= 0 || random.nextInt(8) == 0) {
        return random.nextInt(3) == 0 ? "false" : "true";
      }
      return "{" + keywords(depth) + "}";
    }

    private String keywords(int depth) {
      var all = new ArrayList<String>();
      var seen = new ArrayList<Integer>();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        int drawn = random.nextInt(33);
        int kind = drawn == 1 || drawn == 18 ? drawn - 1 : drawn; // more often than others
        if (!seen.contains(kind)) {
          seen.add(kind);
          all.add(keyword(kind, depth - 1));
        }
      }
      return String.join(",", all);
    }

    private String keyword(int kind, int depth) {
      return switch (kind) {
        case 0 -> "\"type\":" + type();
        case 2 -> "\"enum\":[" + value(random, 2) + "," + value(random, 0) + "]";
        case 3 -> "\"const\":" + value(random, 1);
        case 4 -> "\"minimum\":" + number();
        case 5 -> "\"exclusiveMaximum\":" + number();
        case 6 -> "\"multipleOf\":" + (random.nextBoolean() ? "2" : "0.5");
        case 7 -> "\"minLength\":" + random.nextInt(3);
        case 8 -> "\"maxLength\":" + random.nextInt(3);
        case 9 -> "\"pattern\":\"" + pattern() + "\"";
        case 10 -> "\"minItems\":" + random.nextInt(3);
        case 11 -> "\"maxItems\":" + random.nextInt(3);
        case 12 -> "\"uniqueItems\":true";
        case 13 -> "\"items\":" + schema(depth);
        case 14 -> "\"prefixItems\":[" + schema(depth) + "," + schema(depth) + "]";
        case 15 -> "\"contains\":" + schema(depth) + ",\"minContains\":" + random.nextInt(3);
        case 16 -> "\"maxContains\":" + (1 + random.nextInt(2));
        case 17 -> "\"properties\":" + named(depth);
        case 19 -> "\"patternProperties\":{\"[ab]\":" + schema(depth) + "}";
        case 20 -> "\"additionalProperties\":" + schema(depth);
        case 21 -> "\"required\":[\"" + name() + "\"]";
        case 22 -> "\"propertyNames\":" + schema(depth);
        case 23 -> "\"minProperties\":" + random.nextInt(3);
        case 24 -> "\"maxProperties\":" + random.nextInt(3);
        case 25 -> "\"dependentRequired\":{\"" + name() + "\":[\"" + name() + "\"]}";
        case 26 -> "\"dependentSchemas\":{\"" + name() + "\":" + schema(depth) + "}";
        case 27 -> "\"" + several() + "\":[" + schema(depth) + "," + schema(depth) + "]";
        case 28 -> "\"not\":" + schema(depth);
        case 29 ->
            "\"if\":" + schema(depth) + ",\"then\":" + schema(depth) + ",\"else\":" + schema(depth);
        case 30 -> depth > 0 ? "\"$ref\":\"#/$defs/y\"" : "\"title\":\"t\"";
        case 31 -> "\"unevaluatedProperties\":" + schema(depth);
        default -> "\"unevaluatedItems\":" + schema(depth);
      };
    }

    private String type() {
      List<String> types =
          List.of("object", "array", "string", "number", "integer", "boolean", "null");
      String one = types.get(random.nextInt(3) == 0 ? random.nextInt(7) : random.nextInt(2));
      return random.nextInt(3) == 0 && !one.equals("integer")
          ? "[\"" + one + "\",\"integer\"]"
          : "\"" + one + "\"";
    }

    private String several() {
      return List.of("allOf", "anyOf", "oneOf").get(random.nextInt(3));
    }

    private String named(int depth) {
      return "{\"a\":" + schema(depth) + ",\"b\":" + schema(depth) + "}";
    }

    private String pattern() {
      return List.of("^a", "b$", "^[ab]*$", "x|b", "a{2}").get(random.nextInt(5));
    }

    private String name() {
      return NAMES[random.nextInt(NAMES.length)];
    }

    private String number() {
      return List.of("0", "1", "1.5", "-1", "2").get(random.nextInt(5));
    }

    static String value(SplittableRandom random, int depth) {
      int kind = random.nextInt(depth > 0 ? 12 : 6);
      return switch (kind) {
        case 0 -> List.of("0", "1", "2.0", "1.5", "-1").get(random.nextInt(5));
        case 1 -> List.of("\"a\"", "\"ab\"", "\"\"", "\"aab\"").get(random.nextInt(4));
        case 2 -> "null";
        case 3 -> random.nextBoolean() ? "true" : "false";
        case 4 -> "{}";
        case 5 -> "[]";
        case 6, 7, 8 -> array(random, depth);
        default -> object(random, depth);
      };
    }

    private static String array(SplittableRandom random, int depth) {
      var all = new ArrayList<String>();
      for (int i = random.nextInt(4); i > 0; i--) {
        all.add(value(random, depth - 1));
      }
      return "[" + String.join(",", all) + "]";
    }

    private static String object(SplittableRandom random, int depth) {
      var all = new ArrayList<String>();
      for (String name : NAMES) {
        if (random.nextBoolean()) {
          all.add("\"" + name + "\":" + value(random, depth - 1));
        }
      }
      return "{" + String.join(",", all) + "}";
    }
  }
}
