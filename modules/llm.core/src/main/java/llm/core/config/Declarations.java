package llm.core.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

  /** A setting at its place. */
  record Key(String section, Shape shape, Setting<?> setting) {
    String path() {
      return join(section, setting.key());
    }

    /** Variables that set it, highest precedence first; none inside a list's entries. */
    List<String> environment() {
      if (section.contains("[")) {
        return List.of();
      }
      return Stream.concat(Stream.of(variable(path())), setting.environment().stream()).toList();
    }
  }

  /** A section and what it is for. */
  record Part(String path, String doc) {}

  static String join(String section, String key) {
    return section.isEmpty() ? key : section + "." + key;
  }

  /** The systematic variable: {@code LLM_SERVER_PORT} of {@code server.port}. */
  static String variable(String path) {
    return "LLM_" + path.replaceAll("[^A-Za-z0-9<>]", "_").toUpperCase(Locale.ROOT);
  }

  Key add(String section, Shape shape, Setting<?> setting) {
    var key = new Key(section, shape, setting);
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
