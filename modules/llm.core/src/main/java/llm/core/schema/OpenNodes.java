package llm.core.schema;

import java.util.Arrays;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.domain.text.Excerpt;

/** The objects and arrays that are open, from the root inwards, and where in them the reader is. */
final class OpenNodes {
  private static final int USUAL_LEVELS = 8;

  private JsonNode[] nodes = new JsonNode[USUAL_LEVELS];
  private String[] names = new String[USUAL_LEVELS]; // of the member in work, for objects
  private int depth;

  int depth() {
    return depth;
  }

  boolean isEmpty() {
    return depth == 0;
  }

  JsonNode top() {
    return nodes[depth - 1];
  }

  void push(JsonNode container) {
    if (depth == nodes.length) {
      nodes = Arrays.copyOf(nodes, 2 * depth);
      names = Arrays.copyOf(names, 2 * depth);
    }
    nodes[depth++] = container;
  }

  JsonNode pop() {
    JsonNode closed = nodes[--depth];
    nodes[depth] = null;
    names[depth] = null;
    return closed;
  }

  /** The next value is the member {@code name} of the innermost object. */
  void enter(String name) {
    names[depth - 1] = name;
  }

  /** The name of the member in work. */
  String name() {
    return names[depth - 1];
  }

  /** Puts a value into the innermost container. */
  void attach(JsonNode value) {
    switch (top()) {
      case ObjectNode object -> object.put(names[depth - 1], value);
      case ArrayNode array -> array.add(value);
      default -> throw new IllegalStateException("a scalar is no container");
    }
  }

  /** What the next value of the innermost container has to fit. */
  Schema nextSchema() {
    return top() instanceof ObjectNode object
        ? SchemaCheck.member(object.schema, names[depth - 1]).orElseThrow()
        : SchemaCheck.element(top().schema);
  }

  /** Where the innermost container is. */
  String path() {
    var path = new StringBuilder();
    for (int level = 0; level < depth - 1; level++) {
      append(path, level, true);
    }
    return path.toString();
  }

  /**
   * Where the value is that the reader is in, inside of the innermost container.
   *
   * @param attached whether it is there already
   */
  String valuePath(boolean attached) {
    if (depth == 0) {
      return "";
    }
    var path = new StringBuilder(path());
    append(path, depth - 1, attached);
    return path.toString();
  }

  private void append(StringBuilder path, int level, boolean attached) {
    if (nodes[level] instanceof ArrayNode array) {
      appendIndex(path, attached ? array.size() - 1 : array.size());
    } else {
      appendName(path, names[level]);
    }
  }

  static void appendIndex(StringBuilder path, int index) {
    path.append('[').append(index).append(']');
  }

  /** A name that is no plain word stands in brackets. */
  static void appendName(StringBuilder path, String name) {
    boolean plain = !name.isEmpty() && name.length() <= 64;
    for (int i = 0; plain && i < name.length(); i++) {
      char c = name.charAt(i);
      plain = Character.isLetterOrDigit(c) && !Character.isSurrogate(c) || c == '_' || c == '-';
    }
    if (plain) {
      path.append(path.isEmpty() ? "" : ".").append(name);
    } else {
      path.append('[').append(Excerpt.of(name)).append(']');
    }
  }
}
