package llm.core.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.config.Declarations.Shape;

/** A section that only declares; see {@link Section#isReference()}. */
record ReferenceSection(Declarations declarations, String path) implements Section {
  @Override
  public <T> T get(Setting<T> setting) {
    return find(setting).orElseThrow(() -> FileSection.noDefault(setting));
  }

  @Override
  public <T> Optional<T> find(Setting<T> setting) {
    declarations.add(path, Shape.ONE, setting);
    return setting.fallback();
  }

  @Override
  public <T> List<T> list(Setting<T> element) {
    declarations.add(path, Shape.LIST, element);
    return List.of();
  }

  @Override
  public <T> Map<String, T> map(Setting<T> element) {
    declarations.add(path, Shape.MAP, element);
    return Map.of();
  }

  @Override
  public Section section(String key, String doc) {
    return child(Declarations.join(path, key), doc);
  }

  @Override
  public Map<String, Section> named(String key, String doc) {
    return Map.of("<name>", child(Declarations.join(path, key) + ".<name>", doc));
  }

  @Override
  public List<Section> entries(String key, String doc) {
    return List.of(child(Declarations.join(path, key) + "[]", doc));
  }

  @Override
  public boolean isReference() {
    return true;
  }

  @Override
  public void reject(String key, String message) {
    // the defaults are being declared, not judged
  }

  private Section child(String childPath, String doc) {
    declarations.addSection(childPath, doc);
    return new ReferenceSection(declarations, childPath);
  }
}
