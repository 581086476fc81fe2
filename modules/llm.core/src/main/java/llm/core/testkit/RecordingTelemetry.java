package llm.core.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.MetricsRegistry;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;

/**
 * Keeps every event for the test to look at; all levels are on and the metrics are real ones.
 * Thread-safe.
 */
public final class RecordingTelemetry implements Telemetry {
  private final MetricsRegistry metrics = new MetricsRegistry();
  private final List<Event> events = new ArrayList<>(); // guarded by itself

  /**
   * One emitted event.
   *
   * @param fields in the order they were put; {@code request_id} is among them, a failure is under
   *     {@code error} as its class name, colon, message
   */
  public record Event(Level level, String logger, String name, Map<String, Object> fields) {
    /** Copies the map, keeping its order. */
    public Event {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** The field's value as text; empty when it was not put. */
    public Optional<String> text(String field) {
      return Optional.ofNullable(fields.get(field)).map(Object::toString);
    }
  }

  @Override
  public Log log(String component) {
    return new RecordingLog(component);
  }

  @Override
  public Metrics metrics() {
    return metrics;
  }

  /** Everything emitted so far, in order. */
  public List<Event> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  /** The events of this name, in order. */
  public List<Event> events(String name) {
    return events().stream().filter(event -> event.name().equals(name)).toList();
  }

  /** The names of all events, in order: a trail to compare. */
  public List<String> trail() {
    return events().stream().map(Event::name).toList();
  }

  /** Forgets the events; the metrics stay. */
  public void clear() {
    synchronized (events) {
      events.clear();
    }
  }

  private void add(Event event) {
    synchronized (events) {
      events.add(event);
    }
  }

  private final class RecordingLog implements Log {
    private final String component;

    private RecordingLog(String component) {
      this.component = component;
    }

    @Override
    public boolean enabled(Level level) {
      return true;
    }

    @Override
    public Entry at(Level level, String event) {
      return new RecordingEntry(component, level, event);
    }
  }

  private final class RecordingEntry implements Log.Entry {
    private final String component;
    private final Level level;
    private final String event;
    private final Map<String, Object> fields = new LinkedHashMap<>();

    private RecordingEntry(String component, Level level, String event) {
      this.component = component;
      this.level = level;
      this.event = event;
    }

    @Override
    public Log.Entry call(Call call) {
      return put("request_id", call.id().value());
    }

    @Override
    public Log.Entry put(String field, String value) {
      if (value != null) {
        fields.put(field, value);
      }
      return this;
    }

    @Override
    public Log.Entry put(String field, long value) {
      fields.put(field, value);
      return this;
    }

    @Override
    public Log.Entry put(String field, double value) {
      fields.put(field, value);
      return this;
    }

    @Override
    public Log.Entry put(String field, boolean value) {
      fields.put(field, value);
      return this;
    }

    @Override
    public Log.Entry cause(Throwable cause) {
      return put("error", cause.getClass().getName() + ": " + cause.getMessage());
    }

    @Override
    public void emit() {
      add(new Event(level, component, event, fields));
    }
  }
}
