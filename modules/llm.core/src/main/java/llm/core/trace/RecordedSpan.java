package llm.core.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonOut;
import llm.core.trace.RecordedTrace.SpanParent;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;

/**
 * A span that is kept, and written as OTLP JSON when it ends: ids in lower-case hex, 64-bit
 * integers as strings, enums as numbers
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 */
final class RecordedSpan implements Span {
  /** Beyond these they are dropped and counted. */
  static final int MOST_EVENTS = 128;

  private static final int SAMPLED = 0x01;
  private static final int HAS_IS_REMOTE = 0x100;
  private static final int IS_REMOTE = 0x200;
  private static final int STATUS_ERROR = 2;
  private static final int FIRST_BYTES = 1024;

  private final RecordedTrace trace;
  private final Optional<TraceContext> context;
  private final SpanParent parent;
  private final String name;
  private final Kind kind;
  private final long startNanos;
  private final Attributes attributes; // guarded by this
  private final Attributes passedOn; // guarded by this
  private final List<Event> events = new ArrayList<>(0); // guarded by this
  private int droppedEvents; // guarded by this
  private Optional<String> failure = Optional.empty(); // guarded by this
  private boolean ended; // guarded by this

  /** What happened; the key is empty where there is nothing more to say. */
  private record Event(String name, long atNanos, String key, String value) {}

  RecordedSpan(
      RecordedTrace trace,
      String id,
      SpanParent parent,
      String name,
      Kind kind,
      Attributes passedOn) {
    this.trace = trace;
    this.context = Optional.of(new TraceContext(trace.id(), id, true, trace.state()));
    this.parent = parent;
    this.name = name;
    this.kind = kind;
    this.startNanos = trace.now();
    this.attributes = new Attributes(passedOn);
    this.passedOn = passedOn;
  }

  @Override
  public Optional<TraceContext> context() {
    return context;
  }

  @Override
  public boolean isRecording() {
    return true;
  }

  @Override
  public boolean capturesContent() {
    return trace.capturesContent();
  }

  @Override
  public Span begin(String below, Kind howItStands) {
    Attributes first;
    synchronized (this) {
      first = new Attributes(passedOn);
    }
    var self = new SpanParent(context.orElseThrow().spanId(), false);
    return trace.begin(below, howItStands, self, first);
  }

  @Override
  public Span put(String key, String value) {
    return set(key, value);
  }

  @Override
  public Span put(String key, long value) {
    return set(key, value);
  }

  @Override
  public Span put(String key, double value) {
    return Double.isFinite(value) ? set(key, value) : this;
  }

  @Override
  public Span put(String key, boolean value) {
    return set(key, value);
  }

  @Override
  public Span putList(String key, String value) {
    return set(key, List.of(value));
  }

  @Override
  public synchronized Span passOn(String key, String value) {
    passedOn.put(key, value);
    attributes.put(key, value);
    return this;
  }

  @Override
  public void event(String what) {
    event(what, "", "");
  }

  @Override
  public synchronized void event(String what, String key, String value) {
    if (events.size() == MOST_EVENTS) {
      droppedEvents++;
    } else {
      events.add(new Event(what, trace.now(), key, value));
    }
  }

  @Override
  public synchronized void failed(String errorType, String message) {
    attributes.put("error.type", errorType);
    failure = Optional.of(message);
  }

  @Override
  public void end() {
    byte[] json;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      json = json(Math.max(startNanos, trace.now()));
    }
    trace.ended(json);
  }

  private synchronized Span set(String key, Object value) {
    attributes.put(key, value);
    return this;
  }

  /** The caller holds the lock. */
  private byte[] json(long endNanos) {
    var out = new JsonOut(FIRST_BYTES);
    out.object().field("traceId", trace.id()).field("spanId", context.orElseThrow().spanId());
    if (!trace.state().isEmpty()) {
      out.field("traceState", trace.state());
    }
    if (!parent.id().isEmpty()) {
      out.field("parentSpanId", parent.id());
    }
    out.field("flags", SAMPLED | HAS_IS_REMOTE | (parent.remote() ? IS_REMOTE : 0))
        .field("name", name)
        .field("kind", number(kind))
        .field("startTimeUnixNano", Long.toString(startNanos))
        .field("endTimeUnixNano", Long.toString(endNanos));
    attributes.write(out);
    writeEvents(out);
    failure.ifPresent(message ->
        out.name("status")
            .object()
            .field("message", message)
            .field("code", STATUS_ERROR)
            .endObject());
    return out.endObject().toBytes();
  }

  private void writeEvents(JsonOut out) {
    if (!events.isEmpty()) {
      out.name("events").array();
      for (Event event : events) {
        out.object()
            .field("timeUnixNano", Long.toString(event.atNanos()))
            .field("name", event.name());
        if (!event.key().isEmpty()) {
          var more = new Attributes();
          more.put(event.key(), event.value());
          more.write(out);
        }
        out.endObject();
      }
      out.endArray();
    }
    if (droppedEvents > 0) {
      out.field("droppedEventsCount", droppedEvents);
    }
  }

  private static int number(Kind kind) {
    return switch (kind) {
      case INTERNAL -> 1;
      case SERVER -> 2;
      case CLIENT -> 3;
    };
  }
}
