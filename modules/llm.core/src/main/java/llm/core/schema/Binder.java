package llm.core.schema;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.BooleanNode;
import llm.core.schema.JsonNode.NullNode;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.domain.text.Excerpt;

/**
 * Makes Java values of nodes that fit their schema. What was made of a complete node is kept there
 * and used again, so that a value that grows costs what is open of it.
 */
final class Binder {
  private final boolean strict;
  private final StringBuilder path = new StringBuilder();
  private long cost;
  private int refusals; // what is made of them is not kept: it lacks something
  private JsonProblem problem;

  /** A binder of finished values, or of what there is so far. */
  Binder(boolean strict) {
    this.strict = strict;
  }

  /** Characters and elements that were copied. */
  long cost() {
    return cost;
  }

  /** The constructor that has refused a finished value; null: none. */
  JsonProblem problem() {
    return problem;
  }

  /** The value; null: there is not enough of it yet, or a constructor has refused it. */
  Object bind(Shape shape, JsonNode node) {
    if (node.boundBy == shape) {
      return node.bound;
    }
    int before = refusals;
    Object value =
        switch (shape) {
          case Shape.Text _ -> text((TextNode) node);
          case Shape.Constant constant ->
              node.isComplete() ? constant.constants().get(((TextNode) node).text()) : null;
          case Shape.Whole whole -> whole((NumberNode) node, whole.isLong());
          case Shape.Decimal _ -> ((NumberNode) node).asDouble();
          case Shape.Flag _ -> ((BooleanNode) node).value();
          case Shape.Maybe maybe ->
              Optional.ofNullable(node instanceof NullNode ? null : bind(maybe.inner(), node));
          case Shape.Sequence sequence -> sequence(sequence, (ArrayNode) node);
          case Shape.Dictionary dictionary -> dictionary(dictionary, (ObjectNode) node);
          case Shape.Made made -> made(made, (ObjectNode) node);
          case Shape.Alternatives alternatives -> alternative(alternatives, (ObjectNode) node);
        };
    if (node.isComplete() && refusals == before) {
      node.bound = value;
      node.boundBy = shape;
    }
    return value;
  }

  private String text(TextNode node) {
    cost += node.isComplete() ? 0 : node.length();
    return node.text();
  }

  private static Object whole(NumberNode node, boolean isLong) {
    return isLong ? (Object) node.asLong() : (Object) (int) node.asLong();
  }

  private Object sequence(Shape.Sequence shape, ArrayNode node) {
    var list = new ArrayList<Object>(node.size());
    cost += node.size();
    for (JsonNode element : node.elements()) {
      int before = path.length();
      OpenNodes.appendIndex(path, list.size());
      Object value = bind(shape.elements(), element);
      path.setLength(before);
      if (value == null) {
        break; // nothing comes after one that is not there
      }
      list.add(value);
    }
    return Collections.unmodifiableList(list);
  }

  private Object dictionary(Shape.Dictionary shape, ObjectNode node) {
    var map = new LinkedHashMap<String, Object>();
    cost += node.size();
    node.members()
        .forEach((name, member) -> {
          Object value = member(name, shape.values(), member);
          if (value != null) {
            map.put(name, value);
          }
        });
    return Collections.unmodifiableMap(map);
  }

  private Object member(String name, Shape shape, JsonNode node) {
    int before = path.length();
    OpenNodes.appendName(path, name);
    Object value = bind(shape, node);
    path.setLength(before);
    return value;
  }

  private Object alternative(Shape.Alternatives shape, ObjectNode node) {
    JsonNode tag = node.member(Shape.TAG);
    return tag != null && tag.isComplete()
        ? made(shape.records().get(((TextNode) tag).text()), node)
        : null;
  }

  private Object made(Shape.Made shape, ObjectNode node) {
    Object[] arguments = new Object[shape.parts().size()];
    cost += arguments.length;
    int index = 0;
    for (Shape.Part part : shape.parts()) {
      JsonNode member = node.member(part.name());
      Object value = member == null ? null : member(part.name(), part.shape(), member);
      if (value == null) {
        if (part.missing() == Shape.Missing.NO_RECORD || problem != null) {
          return null;
        }
        value = part.missing().value();
      }
      arguments[index++] = value;
    }
    return construct(shape, arguments);
  }

  private Object construct(Shape.Made shape, Object[] arguments) {
    try {
      return shape.constructor().newInstance(arguments);
    } catch (InvocationTargetException refused) {
      if (refused.getCause() instanceof Error error) {
        throw error;
      }
      refusals++;
      if (strict && problem == null) {
        String name = shape.type().getSimpleName();
        String why = Excerpt.of(String.valueOf(refused.getCause().getMessage()));
        problem =
            new JsonProblem(
                path.toString(), -1, "what " + name + " accepts", "what it refuses: " + why);
      }
      return null; // of what is not finished it may be too early to judge
    } catch (InstantiationException | IllegalAccessException impossible) {
      throw new IllegalStateException(impossible); // a record, and opened when its shape was read
    }
  }
}
