package llm.core.testkit.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * JSON Schemas (2020-12) by chance, with all keywords that speak about values, most of them as
 * people write them and some as nobody should. The same seed makes the same schemas.
 */
public final class RandomSchemas {

  /** How large values may be. */
  public enum Sizes {
    /** Strings, arrays and objects of a few parts, so that text by chance ends soon. */
    BOUNDED,
    /** Of any size. */
    ANY
  }

  private static final List<String> NAMES =
      List.of("id", "name", "kind", "tags", "next", "size", "a b", "x-y", "\"q\"", "ü", "nam");
  private static final List<String> WORDS =
      List.of("red", "green", "blue", "", "a\"b", "tab\t", "☃", "re", "\\", "new\nline", "😀");
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{1,8}$",
          "^[A-Z]{2}-[0-9]{3}$",
          "^(?:a|b|cd){1,3}$",
          "^\\d{4}$",
          "^x?y?z?$",
          "^[^\"\\\\]{2,4}$",
          "^\\w{1,5}(?:\\.\\w{1,3})?$",
          "^$|^ok$",
          "^[\\u00e0-\\u00ff]{1,3}$");
  private static final List<String> OPEN_PATTERNS =
      List.of("[0-9]", "^a", "z$", "^[a-z]+$", "foo|bar", "^\\S+$", ".", "^.{2,}$", "\\/");
  private static final List<String> WRONG_PATTERNS =
      List.of("^(?=a)b", "(a)\\1", "\\bword\\b", "^(?!x).*$", "(?<=a)b");
  private static final List<String> FORMATS =
      List.of("date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "hostname", "duration");

  private final Random random;
  private final Sizes sizes;
  private boolean recursive;

  private RandomSchemas(Random random, Sizes sizes) {
    this.random = random;
    this.sizes = sizes;
  }

  /** The text of a schema. */
  public static String of(Random random, Sizes sizes) {
    return JsonText.of(new RandomSchemas(random, sizes).document());
  }

  private Map<String, Object> document() {
    var root = new LinkedHashMap<String, Object>();
    if (chance(4)) {
      root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    }
    if (chance(4)) {
      root.put("title", "by chance");
    }
    var shared = object(2);
    recursive = chance(3);
    root.putAll(chance(5) ? schema(3) : object(3));
    var defs = new LinkedHashMap<String, Object>();
    defs.put("shared", shared);
    defs.put("node", node());
    root.put("$defs", defs);
    return root;
  }

  /** A list or tree: contains itself where it need not. */
  private Map<String, Object> node() {
    var properties = new LinkedHashMap<String, Object>();
    properties.put("value", scalar());
    Object self = Map.of("$ref", "#/$defs/node");
    if (sizes == Sizes.ANY && chance(2)) {
      properties.put("children", map("type", "array", "items", self));
    } else {
      properties.put("next", Map.of("anyOf", List.of(Map.of("type", "null"), self)));
    }
    return map(
        "type",
        "object",
        "properties",
        properties,
        "required",
        List.of("value"),
        "additionalProperties",
        false);
  }

  private Map<String, Object> schema(int depth) {
    int kind = random.nextInt(depth <= 0 ? 6 : 16);
    return switch (kind) {
      case 0, 1, 2, 3, 4, 5 -> scalar();
      case 6, 7, 8 -> object(depth - 1);
      case 9, 10, 11 -> array(depth - 1);
      case 12 -> any(depth - 1);
      case 13 -> one(depth - 1);
      case 14 -> Map.of("$ref", recursive ? "#/$defs/node" : "#/$defs/shared");
      default -> special(depth - 1);
    };
  }

  private Map<String, Object> scalar() {
    return switch (random.nextInt(9)) {
      case 0 -> map("type", "boolean");
      case 1 -> chance(3) ? map("type", "null") : map("const", word());
      case 2, 3 -> number();
      case 4 -> integer();
      case 5 -> map("enum", words());
      case 6 -> map("enum", List.of(1, "one", 2.5, true));
      default -> string();
    };
  }

  private Map<String, Object> string() {
    var schema = map("type", chance(5) ? List.of("string", "null") : "string");
    boolean bounded = sizes == Sizes.BOUNDED;
    switch (random.nextInt(6)) {
      case 0 -> schema.put("format", pick(FORMATS));
      case 1 -> schema.put("pattern", pick(PATTERNS));
      case 2 -> {
        if (!bounded) {
          schema.put("pattern", pick(chance(4) ? WRONG_PATTERNS : OPEN_PATTERNS));
        } else if (chance(3)) {
          schema.put("pattern", pick(WRONG_PATTERNS));
        }
        schema.put("maxLength", 4 + random.nextInt(8));
      }
      default -> {
        if (bounded || chance(2)) {
          schema.put("maxLength", random.nextInt(12));
        }
        if (chance(3)) {
          schema.put("minLength", random.nextInt(5));
        }
      }
    }
    if (chance(12)) {
      schema.put("not", Map.of("enum", List.of(word(), word())));
    }
    return schema;
  }

  private Map<String, Object> integer() {
    var schema = map("type", "integer");
    if (chance(2)) {
      schema.put(chance(3) ? "exclusiveMinimum" : "minimum", random.nextInt(-300, 300));
    }
    if (chance(2)) {
      schema.put(chance(3) ? "exclusiveMaximum" : "maximum", random.nextInt(-100, 100_000));
    }
    if (chance(5)) {
      schema.put("multipleOf", pick(List.of(1, 2, 3, 5, 7, 10, 12, 100, 1_000)));
    }
    return schema;
  }

  private Map<String, Object> number() {
    var schema = map("type", "number");
    if (chance(2)) {
      schema.put(chance(3) ? "exclusiveMinimum" : "minimum", random.nextInt(-3_000, 3_000) / 8.0);
    }
    if (chance(2)) {
      schema.put(chance(3) ? "exclusiveMaximum" : "maximum", random.nextInt(-10, 9_000) / 16.0);
    }
    if (chance(5)) {
      schema.put("multipleOf", pick(List.of(0.01, 0.5, 0.25, 0.1, 1, 10, 1.5)));
    }
    if (chance(10)) {
      schema.put("not", Map.of("const", random.nextInt(3)));
    }
    return schema;
  }

  private Map<String, Object> array(int depth) {
    var schema = map("type", "array");
    if (chance(4)) {
      var prefix = new ArrayList<Object>();
      for (int i = 0; i <= random.nextInt(3); i++) {
        prefix.add(schema(depth));
      }
      schema.put("prefixItems", prefix);
      schema.put("items", chance(2) ? (Object) false : schema(depth));
    } else {
      schema.put("items", chance(5) ? map("enum", words()) : schema(depth));
    }
    if (chance(3)) {
      schema.put("minItems", random.nextInt(3));
    }
    if (sizes == Sizes.BOUNDED || chance(2)) {
      schema.put("maxItems", random.nextInt(1, 4));
    }
    if (chance(8)) {
      schema.put("uniqueItems", true);
    }
    if (chance(10)) {
      schema.put("contains", scalar());
      if (chance(3)) {
        schema.put("minContains", random.nextInt(3));
      }
      if (chance(3)) {
        schema.put("maxContains", random.nextInt(1, 3));
      }
    }
    return schema;
  }

  private Map<String, Object> object(int depth) {
    var schema = map("type", "object");
    Map<String, Object> properties = properties(depth, random.nextInt(6));
    var required = new ArrayList<String>();
    properties.keySet().stream().filter(_ -> chance(2)).forEach(required::add);
    if (chance(20)) {
      required.add("other" + random.nextInt(3));
    }
    if (!properties.isEmpty()) {
      schema.put("properties", properties);
    }
    if (!required.isEmpty()) {
      schema.put("required", required);
    }
    others(schema, depth, properties.size());
    if (chance(14) && properties.size() > 1) {
      var all = List.copyOf(properties.keySet());
      schema.put("dependentRequired", Map.of(all.getFirst(), List.of(all.getLast())));
    }
    if (chance(20) && !properties.isEmpty()) {
      String name = properties.keySet().iterator().next();
      schema.put("dependentSchemas", Map.of(name, map("properties", properties(depth - 1, 1))));
    }
    if (chance(14) && !properties.isEmpty()) {
      condition(schema, properties.keySet().iterator().next());
    }
    return schema;
  }

  private void others(Map<String, Object> schema, int depth, int declared) {
    if (sizes == Sizes.BOUNDED) {
      if (chance(6)) {
        schema.put("additionalProperties", scalar());
        schema.put("maxProperties", declared + random.nextInt(3));
      } else {
        schema.put("additionalProperties", false);
      }
    } else if (chance(2)) {
      schema.put("additionalProperties", chance(2) ? (Object) false : schema(depth - 1));
    }
    if (chance(10)) {
      schema.put("minProperties", random.nextInt(3));
    }
    if (chance(10)) {
      schema.put("maxProperties", random.nextInt(1, 5));
    }
    if (chance(14)) {
      schema.put("patternProperties", Map.of(pick(PATTERNS), scalar()));
    }
    if (chance(20)) {
      schema.put("propertyNames", map("pattern", "^[a-z]{1,6}$"));
    }
  }

  private void condition(Map<String, Object> schema, String name) {
    schema.put("if", map("properties", map(name, map("const", "on")), "required", List.of(name)));
    schema.put("then", map("required", List.of(pick(NAMES))));
    if (chance(2)) {
      schema.put("else", map("minProperties", 1));
    }
  }

  private Map<String, Object> properties(int depth, int count) {
    var properties = new LinkedHashMap<String, Object>();
    for (int i = 0; i < count; i++) {
      properties.put(pick(NAMES), schema(depth));
    }
    return properties;
  }

  private Map<String, Object> any(int depth) {
    var choices = new ArrayList<Object>();
    for (int i = 0; i <= random.nextInt(1, 3); i++) {
      choices.add(schema(depth));
    }
    return map("anyOf", choices);
  }

  private Map<String, Object> one(int depth) {
    return switch (random.nextInt(4)) {
      case 0 -> map("oneOf", List.of(map("type", "null"), array(depth)));
      case 1 -> map("oneOf", List.of(schema(depth), schema(depth)));
      default -> {
        var branches = new ArrayList<Object>();
        for (int i = 0; i < 2 + random.nextInt(2); i++) {
          Map<String, Object> properties = new LinkedHashMap<>();
          properties.put("kind", map("const", "kind" + i));
          properties.put("value", schema(depth));
          branches.add(
              map(
                  "type",
                  "object",
                  "properties",
                  properties,
                  "required",
                  List.of("kind"),
                  "additionalProperties",
                  false));
        }
        yield map("oneOf", branches);
      }
    };
  }

  private Map<String, Object> special(int depth) {
    return switch (random.nextInt(5)) {
      case 0 -> {
        var first = map("type", "object", "properties", properties(depth, 2));
        var second = map("properties", properties(depth, 2), "required", List.of(pick(NAMES)));
        var schema = map("allOf", List.of(first, second));
        if (chance(2)) {
          schema.put("unevaluatedProperties", false);
        }
        yield schema;
      }
      case 1 -> {
        var schema = scalar();
        var copy = new LinkedHashMap<>(schema);
        copy.put("not", scalar());
        yield copy;
      }
      case 2 -> map("const", map("k", List.of(1, "two", List.of()), "n", false));
      case 3 -> map("enum", List.of(List.of(), List.of(1), map("a", 1), "s"));
      default -> map("type", List.of("integer", "string"), "minimum", 3, "maxLength", 5);
    };
  }

  private List<Object> words() {
    var words = new ArrayList<Object>();
    for (int i = 0; i <= random.nextInt(1, 5); i++) {
      String word = word();
      if (!words.contains(word)) {
        words.add(word);
      }
    }
    return words;
  }

  private String word() {
    return pick(WORDS);
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static Map<String, Object> map(Object... namesAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
