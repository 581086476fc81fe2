package llm.server.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a vendor's API takes at a place of a request: the field names of its types, what is needed,
 * and of which kind. Whatever is not described is a problem.
 */
@FunctionalInterface
interface Shape {
  Shape TEXT = (value, path, problems) -> require(value instanceof String, value, path, problems);
  Shape WHOLE = (value, path, problems) -> require(value instanceof Long, value, path, problems);
  Shape NUMBER = (value, path, problems) -> require(value instanceof Number, value, path, problems);
  Shape FLAG = (value, path, problems) -> require(value instanceof Boolean, value, path, problems);
  Shape SCHEMA = (value, path, problems) -> require(value instanceof Map, value, path, problems);
  Shape NONE = (value, path, problems) -> require(value == null, value, path, problems);

  /** Adds what is wrong with {@code value}. */
  void check(Object value, String path, List<String> problems);

  /** What is wrong with {@code value}. */
  default List<String> problems(Object value) {
    var problems = new ArrayList<String>();
    check(value, "$", problems);
    return problems;
  }

  /** An object of these names and shapes by turns; a name with {@code !} is needed. */
  static Shape object(Object... namesAndShapes) {
    var shapes = new LinkedHashMap<String, Shape>();
    var needed = new ArrayList<String>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      String name = ((String) namesAndShapes[i]).replace("!", "");
      shapes.put(name, (Shape) namesAndShapes[i + 1]);
      if (!name.equals(namesAndShapes[i])) {
        needed.add(name);
      }
    }
    return (value, path, problems) -> {
      if (!(value instanceof Map)) {
        problems.add(path + " is no object: " + value);
        return;
      }
      Map<String, Object> map = Json.map(value);
      needed.stream()
          .filter(name -> !map.containsKey(name))
          .forEach(name -> problems.add(path + "." + name + " is missing"));
      map.forEach((name, inner) -> {
        if (shapes.containsKey(name)) {
          shapes.get(name).check(inner, path + "." + name, problems);
        } else {
          problems.add(path + "." + name + " is not known there");
        }
      });
    };
  }

  /** A list of one or more. */
  static Shape list(Shape each) {
    return (value, path, problems) -> {
      require(!List.of().equals(value), value, path, problems);
      anyOf(each).check(value, path, problems);
    };
  }

  /** A list, which may be empty. */
  static Shape anyOf(Shape each) {
    return (value, path, problems) -> {
      if (!(value instanceof List<?> many)) {
        problems.add(path + " is no list: " + value);
        return;
      }
      for (int i = 0; i < many.size(); i++) {
        each.check(many.get(i), path + "[" + i + "]", problems);
      }
    };
  }

  /** One of these words. */
  static Shape words(String... words) {
    return (value, path, problems) ->
        require(value instanceof String && Set.of(words).contains(value), value, path, problems);
  }

  /** Objects told apart by the word in {@code field}. */
  static Shape by(String field, Map<String, Shape> shapes) {
    return (value, path, problems) -> {
      Object kind = value instanceof Map ? Json.map(value).get(field) : null;
      if (kind == null || !shapes.containsKey(kind)) {
        problems.add(path + "." + field + " " + kind + " is none of " + shapes.keySet());
      } else {
        shapes.get(kind).check(value, path, problems);
      }
    };
  }

  /** The first of these that fits. */
  static Shape either(Shape... shapes) {
    return (value, path, problems) -> {
      var found = new ArrayList<String>();
      for (Shape shape : shapes) {
        int before = found.size();
        shape.check(value, path, found);
        if (found.size() == before) {
          return;
        }
      }
      problems.addAll(found);
    };
  }

  private static void require(boolean right, Object value, String path, List<String> problems) {
    if (!right) {
      problems.add(path + " must not be " + Json.print(value));
    }
  }
}
