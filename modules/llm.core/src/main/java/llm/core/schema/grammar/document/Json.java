package llm.core.schema.grammar.document;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A JSON value that is read whole; two are equal when JSON Schema says so. */
public sealed interface Json {

  /** The value {@code null}. */
  record Null() implements Json {}

  /** {@code true} or {@code false}. */
  record Flag(boolean value) implements Json {}

  /** A number, kept without trailing zeros. */
  record Num(BigDecimal value) implements Json {
    private static final int MOST_PLAIN_ZEROS = 17;

    /** Makes equal what is the same number. */
    public Num {
      value = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    /** The number as JSON has it. */
    public String text() {
      return text(value);
    }

    /** Any number as JSON has it. */
    public static String text(BigDecimal value) {
      boolean plain = value.scale() >= -MOST_PLAIN_ZEROS && value.scale() <= MOST_PLAIN_ZEROS;
      return plain ? value.toPlainString() : value.toString();
    }
  }

  /** A string. */
  record Text(String value) implements Json {}

  /** An array. */
  record Items(List<Json> values) implements Json {
    /** Copies. */
    public Items {
      values = List.copyOf(values);
    }
  }

  /** An object, in the order of the text. */
  record Members(Map<String, Json> values) implements Json {
    /** Copies and keeps the order. */
    public Members {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
  }

  /** The type in the words of JSON Schema. */
  default String type() {
    return switch (this) {
      case Null _ -> "null";
      case Flag _ -> "boolean";
      case Num _ -> "number";
      case Text _ -> "string";
      case Items _ -> "array";
      case Members _ -> "object";
    };
  }

  /** The strings of an array; empty where there is anything else. */
  default List<String> strings() {
    var found = new ArrayList<String>();
    if (this instanceof Items(List<Json> values)) {
      for (Json value : values) {
        if (value instanceof Text(String text)) {
          found.add(text);
        }
      }
      return found.size() == values.size() ? found : List.of();
    }
    return found;
  }

  /** The schema that this value alone fits, with constants of scalars inside. */
  static Json schemaOf(Json constant) {
    return switch (constant) {
      case Items(List<Json> values) ->
          new Members(
              ordered(
                  "type", new Text("array"),
                  "prefixItems", new Items(values.stream().map(Json::schemaOf).toList()),
                  "items", new Flag(false),
                  "minItems", new Num(BigDecimal.valueOf(values.size()))));
      case Members(Map<String, Json> values) ->
          new Members(
              ordered(
                  "type",
                  new Text("object"),
                  "properties",
                  new Members(
                      values.entrySet().stream()
                          .collect(
                              Collectors.toMap(
                                  Map.Entry::getKey,
                                  e -> schemaOf(e.getValue()),
                                  (a, _) -> a,
                                  LinkedHashMap::new))),
                  "required",
                  new Items(values.keySet().stream().<Json>map(Text::new).toList()),
                  "additionalProperties",
                  new Flag(false)));
      case Null _, Flag _, Num _, Text _ -> new Members(Map.of("const", constant));
    };
  }

  private static Map<String, Json> ordered(
      String a, Json va, String b, Json vb, String c, Json vc, String d, Json vd) {
    var map = new LinkedHashMap<String, Json>();
    map.put(a, va);
    map.put(b, vb);
    map.put(c, vc);
    map.put(d, vd);
    return map;
  }
}
