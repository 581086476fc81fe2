package llm.core.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.config.Declarations.Shape;
import llm.core.config.LoadState.Raw;
import llm.core.config.YamlNode.Mapping;

/** A section of a file that is being read. */
final class FileSection implements Section {
  private final LoadState load;
  private final String path;
  private final Mapping mapping;

  FileSection(LoadState load, String path, Mapping mapping) {
    this.load = load;
    this.path = path;
    this.mapping = mapping;
    mapping.open();
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public <T> T get(Setting<T> setting) {
    return find(setting).orElseThrow(() -> noDefault(setting));
  }

  @Override
  public <T> Optional<T> find(Setting<T> setting) {
    var key = load.declarations().add(path, Shape.ONE, setting);
    var inFile = mapping.take(setting.key());
    return load.override(key)
        .or(() ->
            inFile.flatMap(
                entry -> load.fromFile(key.path(), setting, entry.value(), entry.keyLine())))
        .flatMap(raw -> load.parse(setting, key.path(), raw))
        .or(setting::fallback);
  }

  @Override
  public <T> List<T> list(Setting<T> element) {
    var key = load.declarations().add(path, Shape.LIST, element);
    var inFile = mapping.take(element.key());
    var set = load.override(key);
    if (set.isPresent()) {
      return parts(set.get())
          .flatMap(raw -> load.parse(element, key.path(), raw).stream())
          .toList();
    }
    var values = new ArrayList<T>();
    List<YamlNode> items = inFile.map(entry -> items(key.path(), entry)).orElse(List.of());
    for (int i = 0; i < items.size(); i++) {
      value(element, key.path() + "[" + i + "]", items.get(i), items.get(i).line())
          .ifPresent(values::add);
    }
    return List.copyOf(values);
  }

  @Override
  public <T> Map<String, T> map(Setting<T> element) {
    var key = load.declarations().add(path, Shape.MAP, element);
    var inFile = mapping.take(element.key());
    var values = new LinkedHashMap<String, T>();
    var set = load.override(key);
    if (set.isPresent()) {
      parts(set.get()).forEach(raw -> putPair(element, key.path(), raw, values));
      return values;
    }
    inFile
        .flatMap(entry -> mapping(key.path(), entry))
        .ifPresent(names ->
            names
                .entries()
                .forEach((name, entry) ->
                    value(
                            element,
                            Declarations.join(key.path(), name),
                            entry.value(),
                            entry.keyLine())
                        .ifPresent(value -> values.put(name, value))));
    return values;
  }

  @Override
  public Section section(String key, String doc) {
    String child = Declarations.join(path, key);
    load.declarations().addSection(child, doc);
    return new FileSection(
        load,
        child,
        mapping
            .take(key)
            .flatMap(entry -> mapping(child, entry))
            .orElseGet(() -> new Mapping(mapping.line())));
  }

  @Override
  public Map<String, Section> named(String key, String doc) {
    String child = Declarations.join(path, key);
    load.declarations().addSection(child, doc);
    var sections = new LinkedHashMap<String, Section>();
    var names = mapping.take(key).flatMap(entry -> mapping(child, entry));
    names.ifPresent(found -> {
      found.open();
      for (String name : found.entries().keySet()) {
        sections.put(name, subsection(found, child, name));
      }
    });
    return sections;
  }

  @Override
  public List<Section> entries(String key, String doc) {
    String child = Declarations.join(path, key);
    load.declarations().addSection(child, doc);
    var sections = new ArrayList<Section>();
    var items = mapping.take(key).map(entry -> items(child, entry)).orElse(List.of());
    for (int i = 0; i < items.size(); i++) {
      String itemPath = child + "[" + i + "]";
      asMapping(itemPath, items.get(i), items.get(i).line())
          .ifPresent(item -> sections.add(new FileSection(load, itemPath, item)));
    }
    return List.copyOf(sections);
  }

  @Override
  public boolean isReference() {
    return false;
  }

  @Override
  public void reject(String key, String message) {
    int line = mapping.take(key).map(Mapping.Entry::keyLine).orElse(mapping.line());
    load.reject(Declarations.join(path, key), line, message);
  }

  static IllegalStateException noDefault(Setting<?> setting) {
    return new IllegalStateException(
        "setting " + setting.key() + " has no default; read it with find()");
  }

  private Section subsection(Mapping names, String parent, String name) {
    String child = Declarations.join(parent, name);
    var own = names.take(name).flatMap(entry -> mapping(child, entry));
    return new FileSection(load, child, own.orElseGet(() -> new Mapping(names.line())));
  }

  private <T> Optional<T> value(Setting<T> element, String at, YamlNode node, int line) {
    return load.fromFile(at, element, node, line).flatMap(raw -> load.parse(element, at, raw));
  }

  private Optional<Mapping> mapping(String at, Mapping.Entry entry) {
    return asMapping(at, entry.value(), entry.keyLine());
  }

  private Optional<Mapping> asMapping(String at, YamlNode node, int line) {
    if (node instanceof Mapping found) {
      return Optional.of(found);
    }
    load.problem(line, at, "must be a mapping: lines of key: value");
    return Optional.empty();
  }

  private List<YamlNode> items(String at, Mapping.Entry entry) {
    if (entry.value() instanceof YamlNode.Sequence(var items, int _)) {
      return items;
    }
    load.problem(entry.keyLine(), at, "must be a list: lines of - value");
    return List.of();
  }

  /** The parts of a list in one variable or flag, which commas separate. */
  private static Stream<Raw> parts(Raw raw) {
    return Arrays.stream(raw.text().split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .map(part ->
            new Raw(
                part,
                raw.source(),
                raw.line(),
                raw.shown().equals(raw.text()) ? part : raw.shown()));
  }

  private <T> void putPair(Setting<T> element, String at, Raw pair, Map<String, T> into) {
    int equals = pair.text().indexOf('=');
    if (equals < 1) {
      load.reject(at, mapping.line(), pair.shown() + " must be name=value, commas between them");
      return;
    }
    String name = pair.text().substring(0, equals).strip();
    var value =
        new Raw(
            pair.text().substring(equals + 1).strip(), pair.source(), pair.line(), pair.shown());
    load.parse(element, at, value).ifPresent(parsed -> into.put(name, parsed));
  }
}
