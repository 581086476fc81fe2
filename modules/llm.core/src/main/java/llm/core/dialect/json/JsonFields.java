package llm.core.dialect.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/** Objects that are cut into their fields and put together again, each value byte for byte. */
public final class JsonFields {
  private JsonFields() {}

  /** The fields of an object, in order; none of what is no object. Null ones are absent. */
  public static Map<String, JsonText> of(JsonText object) {
    var fields = new LinkedHashMap<String, JsonText>();
    try {
      JsonCursor.piece(
          object,
          "",
          in -> {
            if (in.isObject()) {
              in.object(name -> fields.put(name, in.cut()));
            }
            return fields;
          });
    } catch (LlmException _) {
      fields.clear(); // no JSON
    }
    return fields;
  }

  /** The elements of an array, in order; none of what is no array. */
  public static List<JsonText> elements(JsonText array) {
    var elements = new ArrayList<JsonText>();
    try {
      JsonCursor.piece(
          array,
          "",
          in -> {
            if (in.isArray()) {
              in.array(_ -> elements.add(in.cut()));
            }
            return elements;
          });
    } catch (LlmException _) {
      elements.clear(); // no JSON
    }
    return elements;
  }

  /** The array of these elements. */
  public static JsonText array(List<JsonText> elements) {
    return new JsonText(
        "[" + String.join(",", elements.stream().map(JsonText::value).toList()) + "]");
  }

  /** The object of these fields. */
  public static JsonText object(Map<String, JsonText> fields) {
    var out = new JsonOut(256).object();
    fields.forEach((name, value) -> out.name(name).json(value));
    return new JsonText(new String(out.endObject().toBytes(), StandardCharsets.UTF_8));
  }

  /**
   * What an object has beside the fields that are known; empty for nothing. Fields of objects in it
   * are known by a name with a dot.
   */
  public static Map<String, JsonText> beside(Set<String> known, JsonText object) {
    return beside(known, "", object);
  }

  private static Map<String, JsonText> beside(Set<String> known, String at, JsonText object) {
    var rest = new LinkedHashMap<String, JsonText>();
    of(object)
        .forEach((name, value) -> {
          String path = at + name;
          if (known.contains(path)) {
            return;
          }
          if (known.stream().noneMatch(one -> one.startsWith(path + "."))) {
            rest.put(name, value);
            return;
          }
          Map<String, JsonText> inside = beside(known, path + ".", value);
          if (!inside.isEmpty()) {
            rest.put(name, object(inside));
          }
        });
    return rest;
  }

  /** An object with the fields of both, objects in them put together likewise; else the first. */
  public static JsonText merged(JsonText a, JsonText b) {
    boolean objects = a.value().startsWith("{") && b.value().startsWith("{");
    if (!objects) {
      return a;
    }
    Map<String, JsonText> both = of(a);
    of(b).forEach((name, value) -> both.merge(name, value, JsonFields::merged));
    return object(both);
  }

  /** Of two arrays one with the elements of both; else the second value. */
  public static JsonText joined(JsonText a, JsonText b) {
    String first = a.value().strip();
    String second = b.value().strip();
    if (!first.startsWith("[") || !second.startsWith("[")) {
      return b;
    }
    String before = first.substring(1, first.length() - 1);
    String behind = second.substring(1, second.length() - 1);
    boolean both = !before.isBlank() && !behind.isBlank();
    return new JsonText("[" + before + (both ? "," : "") + behind + "]");
  }
}
