package llm.providers.replay;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.JsonText;

/** Where two bodies differ, by the paths of the fields; what stands there is not told. */
final class Difference {
  /** Of more paths the first are named. */
  static final int MOST_NAMED = 5;

  private final List<String> paths = new ArrayList<>();

  private Difference() {}

  /** The paths, those of the first body's fields first; empty: they say the same. */
  static List<String> between(byte[] one, byte[] other) {
    var difference = new Difference();
    difference.compare("", text(one), text(other));
    return difference.paths;
  }

  private void compare(String path, JsonText one, JsonText other) {
    if (one.value().equals(other.value())) {
      return;
    }
    Map<String, JsonText> fields = JsonFields.of(one);
    Map<String, JsonText> others = JsonFields.of(other);
    if (!fields.isEmpty() && !others.isEmpty()) {
      var names = new LinkedHashSet<>(fields.keySet());
      names.addAll(others.keySet());
      for (String name : names) {
        String at = path.isEmpty() ? name : path + "." + name;
        if (fields.containsKey(name) && others.containsKey(name)) {
          compare(at, fields.get(name), others.get(name));
        } else {
          paths.add(at);
        }
      }
      return;
    }
    List<JsonText> elements = JsonFields.elements(one);
    List<JsonText> otherElements = JsonFields.elements(other);
    if (!elements.isEmpty() && elements.size() == otherElements.size()) {
      for (int index = 0; index < elements.size(); index++) {
        compare(path + "[" + index + "]", elements.get(index), otherElements.get(index));
      }
      return;
    }
    paths.add(path.isEmpty() ? "the body" : path);
  }

  private static JsonText text(byte[] body) {
    return new JsonText(new String(body, StandardCharsets.UTF_8));
  }
}
