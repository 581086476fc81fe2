package llm.core.template.jinja;

import java.util.HashMap;
import java.util.Map;
import llm.core.template.value.Value;

/** Names that can be seen: a loop and a macro have their own before those around them. */
final class Scope {
  private final Map<String, Value> names = new HashMap<>();
  private final Scope outer;

  private Scope(Scope outer) {
    this.outer = outer;
  }

  /** One with {@code globals}. */
  static Scope of(Map<String, Value> globals) {
    var scope = new Scope(null);
    scope.names.putAll(globals);
    return scope;
  }

  Scope inner() {
    return new Scope(this);
  }

  void set(String name, Value value) {
    names.put(name, value);
  }

  Value get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Value value = scope.names.get(name);
      if (value != null) {
        return value;
      }
    }
    return new Value.Undefined(name);
  }
}
