package llm.core.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What modules have read: the keys that exist. */
final class Declarations {
  private final Map<String, Part> parts = new LinkedHashMap<>();
  private final Map<String, Key> keys = new LinkedHashMap<>();

  /** How the values of a key are written. */
  enum Shape {
    ONE(""),
    LIST("list of "),
    MAP("map of names to ");

    private final String before;

    Shape(String before) {
      this.before = before;
    }

    /** The type as the reference shows it. */
    String type(Setting<?> element) {
      return before + element.type();
    }
  }

  /**
   * A setting at its place.
   *
   * @param environment variables that set it, highest precedence first; none inside a list's
   *     entries
   */
  record Key(
      String section, String path, Shape shape, Setting<?> setting, List<String> environment) {

    static Key of(String section, Shape shape, Setting<?> setting) {
      String path = join(section, setting.key());
      var variables = new ArrayList<String>(1 + setting.environment().size());
      if (section.indexOf('[') < 0) {
        variables.add(variable(path));
        variables.addAll(setting.environment());
      }
      return new Key(section, path, shape, setting, List.copyOf(variables));
    }
  }

  /** A section and what it is for. */
  record Part(String path, String doc) {}

  static String join(String section, String key) {
    return section.isEmpty() ? key : section + "." + key;
  }

  /** The systematic variable: {@code LLM_SERVER_PORT} of {@code server.port}. */
  static String variable(String path) {
    var name = new StringBuilder("LLM_");
    for (int index = 0; index < path.length(); index++) {
      char c = path.charAt(index);
      boolean kept = c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '<' || c == '>';
      name.append(kept ? c : c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : '_');
    }
    return name.toString();
  }

  Key add(String section, Shape shape, Setting<?> setting) {
    var key = Key.of(section, shape, setting);
    keys.put(key.path(), key);
    return key;
  }

  void addSection(String path, String doc) {
    parts.putIfAbsent(path, new Part(path, doc));
  }

  Collection<Part> sections() {
    return parts.values();
  }

  Collection<Key> keys() {
    return keys.values();
  }

  boolean has(String path) {
    return keys.containsKey(path);
  }

  /** The known path that the user most likely meant by {@code wrong}. */
  Optional<String> nearest(String wrong) {
    String last = wrong.substring(wrong.lastIndexOf('.') + 1);
    var known = Stream.concat(parts.keySet().stream(), keys.keySet().stream()).distinct().toList();
    var elsewhere =
        known.stream().filter(path -> path.equals(last) || path.endsWith("." + last)).toList();
    return EditDistance.nearest(wrong, last.length(), known)
        .or(() -> elsewhere.size() == 1 ? Optional.of(elsewhere.getFirst()) : Optional.empty());
  }
}
