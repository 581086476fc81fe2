package llm.core.telemetry;

import java.util.Map;

/**
 * Which level a logger writes from: the one of the longest name that is the logger's or a parent's
 * (as {@code llm.gateway} is of {@code llm.gateway.route}), else the default.
 */
record LogLevels(Level fallback, Map<String, Level> named) {

  LogLevels {
    named = Map.copyOf(named);
  }

  Level of(String logger) {
    String name = logger;
    while (!name.isEmpty()) {
      Level found = named.get(name);
      if (found != null) {
        return found;
      }
      name = name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }
    return fallback;
  }
}
