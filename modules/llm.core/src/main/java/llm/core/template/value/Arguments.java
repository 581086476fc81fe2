package llm.core.template.value;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a function, filter, test or macro is called with.
 *
 * @param line where
 * @param what its name, for messages
 * @param values by place; for a filter or test without what it is applied to
 * @param named by name
 * @param meter what may be used up
 */
public record Arguments(
    int line, String what, List<Value> values, Map<String, Value> named, Meter meter) {

  public Optional<Value> find(int index, String name) {
    return index < values.size()
        ? Optional.of(values.get(index))
        : Optional.ofNullable(named.get(name));
  }

  public Value get(int index, String name) throws TemplateException {
    Optional<Value> found = find(index, name);
    if (found.isEmpty()) {
      throw error("it needs the argument '" + name + "'");
    }
    return found.get();
  }

  public Value get(int index, String name, Value fallback) {
    return find(index, name).orElse(fallback);
  }

  public Text text(int index, String name) throws TemplateException {
    if (get(index, name) instanceof Value.Str(Text text)) {
      return text;
    }
    throw error("its argument '" + name + "' must be a string");
  }

  public int integer(int index, String name, int fallback) throws TemplateException {
    Optional<Value> found = find(index, name).filter(value -> !(value instanceof Value.None));
    return found.isEmpty() ? fallback : Numbers.index(found.get(), this);
  }

  public boolean truth(int index, String name, boolean fallback) {
    return find(index, name).map(Values::isTrue).orElse(fallback);
  }

  /** Refuses arguments beyond {@code most} and names that are none of {@code names}. */
  public Arguments only(int most, String... names) throws TemplateException {
    if (values.size() > most) {
      throw error("it takes at most " + most + " arguments here");
    }
    for (String name : named.keySet()) {
      if (!List.of(names).contains(name)) {
        throw error("its argument '" + name + "' is not known here");
      }
    }
    return this;
  }

  public TemplateException error(String message) {
    return TemplateException.at(line, what + ": " + message);
  }
}
