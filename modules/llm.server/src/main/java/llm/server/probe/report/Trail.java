package llm.server.probe.report;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Events of the core in the order in which they were told, but for chunks. Thread-safe. */
public final class Trail {
  private static final int MOST = 100_000; // the oldest go: a turn is asked for when it ends

  private final ArrayDeque<Seen> events = new ArrayDeque<>(); // guarded by this

  /**
   * One event.
   *
   * @param call whose it is; empty for what goes on in the background
   * @param fields as they were put
   */
  public record Seen(String name, String call, Map<String, Object> fields) {
    /** Copies the map, in its order. */
    public Seen {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** The number in a field; empty where there is none. */
    public OptionalDouble number(String field) {
      return fields.get(field) instanceof Number number
          ? OptionalDouble.of(number.doubleValue())
          : OptionalDouble.empty();
    }

    /** A field as text; empty where there is none. */
    public Optional<String> text(String field) {
      return Optional.ofNullable(fields.get(field)).map(Object::toString);
    }
  }

  /** An event was told. */
  public synchronized void add(Seen event) {
    if (event.name().equals("chunk")) {
      return;
    }
    if (events.size() == MOST) {
      events.remove();
    }
    events.add(event);
  }

  /** The events of these names. */
  public synchronized List<Seen> all(List<String> names) {
    return events.stream().filter(event -> names.contains(event.name())).toList();
  }

  /** A number of the last event of this name in a call. */
  public synchronized OptionalDouble number(String call, String name, String field) {
    for (Seen event : events.reversed()) {
      if (event.name().equals(name) && event.call().equals(call)) {
        return event.number(field);
      }
    }
    return OptionalDouble.empty();
  }
}
