package llm.server.probe;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.server.probe.report.Trail;

/**
 * Lets the events of connections, turns and contexts through to the log and keeps them for the
 * report. Where an event has a field that the probe's users know by another name, it is told under
 * both, so that each event stands in the output once. Thread-safe.
 */
final class EventTap implements Telemetry {
  private static final Set<String> LOGGERS =
      Set.of("llm.conn", "llm.client", "llm.context", "llm.manager", "llm.dual");

  private final Telemetry inner;
  private final Trail trail;

  EventTap(Telemetry inner, Trail trail) {
    this.inner = inner;
    this.trail = trail;
  }

  @Override
  public Log log(String component) {
    return new TappedLog(inner.log(component), LOGGERS.contains(component));
  }

  @Override
  public Metrics metrics() {
    return inner.metrics();
  }

  /** The other name of a field; empty when it has none. */
  private static String alias(String event, String field) {
    return switch (event + "." + field) {
      case "first_token.ms" -> "ttft_ms";
      case "chunk.size" -> "bytes";
      case "handover_perform.ms" -> "ms_since_ready";
      default -> "";
    };
  }

  private final class TappedLog implements Log {
    private final Log log;
    private final boolean kept;

    private TappedLog(Log log, boolean kept) {
      this.log = log;
      this.kept = kept;
    }

    @Override
    public boolean enabled(Level level) {
      return log.enabled(level);
    }

    @Override
    public Entry at(Level level, String event) {
      return new TappedEntry(event, log.at(level, event), kept);
    }
  }

  private final class TappedEntry implements Log.Entry {
    private final String event;
    private final Log.Entry entry;
    private final boolean kept;
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private String call = "";

    private TappedEntry(String event, Log.Entry entry, boolean kept) {
      this.event = event;
      this.entry = entry;
      this.kept = kept;
    }

    @Override
    public Log.Entry call(Call of) {
      call = of.id().value();
      entry.call(of);
      return this;
    }

    @Override
    public Log.Entry put(String field, String value) {
      if (value != null) {
        fields.put(field, value);
      }
      entry.put(field, value);
      return this;
    }

    @Override
    public Log.Entry put(String field, long value) {
      fields.put(field, value);
      entry.put(field, value);
      String other = alias(event, field);
      if (!other.isEmpty()) {
        entry.put(other, value);
      }
      if (event.equals("chunk") && field.equals("seq")) {
        entry.put("i", value + 1); // the first is 1 there
      }
      return this;
    }

    @Override
    public Log.Entry put(String field, double value) {
      fields.put(field, value);
      entry.put(field, value);
      String other = alias(event, field);
      if (!other.isEmpty()) {
        entry.put(other, value);
      }
      return this;
    }

    @Override
    public Log.Entry put(String field, boolean value) {
      fields.put(field, value);
      entry.put(field, value);
      return this;
    }

    @Override
    public Log.Entry cause(Throwable cause) {
      // One line says why; the frames help nobody who only runs the command.
      return put("error", cause.toString());
    }

    @Override
    public void emit() {
      if (kept) {
        trail.add(new Trail.Seen(event, call, fields));
      }
      entry.emit();
    }
  }
}
