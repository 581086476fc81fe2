package llm.core.dialect.trip;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A place in a body that can be left out: a field, or one of a list.
 *
 * @param keys names of fields, and {@code []} for a place in a list
 * @param places those of the lists, in order
 */
record Cut(List<String> keys, List<Integer> places) {
  private static final String ONE = "[]";

  /** All of {@code body}, parents first. */
  static List<Cut> all(JsonNode body) {
    var all = new ArrayList<Cut>();
    add(body, new Cut(List.of(), List.of()), all);
    return all;
  }

  /** One of them. */
  static Cut any(JsonNode body, Random random) {
    List<Cut> all = all(body);
    return all.get(random.nextInt(all.size()));
  }

  /** The place that {@code path}, as {@code a[0].b}, names, or the nearest around it. */
  static Optional<Cut> of(String path, JsonNode body) {
    JsonNode node = body;
    var here = new Cut(List.of(), List.of());
    for (String key : path.replace("[", ".[").split("\\.")) {
      boolean isPlace = key.matches("\\[[0-9]+]");
      int place = isPlace ? Integer.parseInt(key.substring(1, key.length() - 1)) : -1;
      JsonNode next = isPlace ? node.get(place) : node.get(key);
      if (next == null) {
        break;
      }
      here = here.with(isPlace ? ONE : key, place);
      node = next;
    }
    return here.keys.isEmpty() ? Optional.empty() : Optional.of(here);
  }

  private static void add(JsonNode node, Cut here, List<Cut> all) {
    if (!here.keys.isEmpty()) {
      all.add(here);
    }
    for (String name : List.copyOf(node.propertyNames())) {
      add(node.get(name), here.with(name, -1), all);
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      add(node.get(i), here.with(ONE, i), all);
    }
  }

  private Cut with(String key, int place) {
    var more = new ArrayList<>(keys);
    more.add(key);
    var all = new ArrayList<>(places);
    if (place >= 0) {
      all.add(place);
    }
    return new Cut(more, all);
  }

  /** {@code body} without it. */
  JsonNode from(JsonNode body) {
    JsonNode copy = body.deepCopy();
    JsonNode around = around(copy);
    if (around instanceof ArrayNode array) {
      array.remove((int) places.getLast());
    } else {
      ((ObjectNode) around).remove(keys.getLast());
    }
    return copy;
  }

  /** {@code body} with another text in its place. */
  JsonNode otherwise(JsonNode body) {
    JsonNode copy = body.deepCopy();
    String other = in(body).stringValue() + "0";
    JsonNode around = around(copy);
    if (around instanceof ArrayNode array) {
      array.set(places.getLast(), JsonNodeFactory.instance.stringNode(other));
    } else {
      ((ObjectNode) around).put(keys.getLast(), other);
    }
    return copy;
  }

  /** What stands there in {@code body}. */
  JsonNode in(JsonNode body) {
    return within(body).getLast();
  }

  /** What stands there, behind all that is around it. */
  List<JsonNode> within(JsonNode body) {
    var all = new ArrayList<JsonNode>(List.of(body));
    int list = 0;
    for (String key : keys) {
      JsonNode node = all.getLast();
      all.add(key.equals(ONE) ? node.get(places.get(list++)) : node.get(key));
    }
    return all;
  }

  private JsonNode around(JsonNode body) {
    List<JsonNode> all = within(body);
    return all.get(all.size() - 2);
  }

  @Override
  public String toString() {
    return String.join(".", keys).replace(".[]", "[]");
  }
}
