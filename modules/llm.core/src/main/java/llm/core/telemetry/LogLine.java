package llm.core.telemetry;

import java.util.function.Consumer;
import llm.domain.call.Call;

/**
 * One event on its way. Fields are encoded by the thread that puts them; the head (time, level,
 * logger, event, ids) stays as values and is encoded by the writer, so that its order does not
 * depend on the order of the calls.
 */
final class LogLine implements Log.Entry {
  /** Kept of one text value, in UTF-8. */
  static final int MAX_VALUE_BYTES = 8 * 1024;

  /** Kept of all fields together; a field beyond it is left out and {@code truncated} says so. */
  static final int MAX_LINE_BYTES = 64 * 1024;

  private static final int MAX_NAME_BYTES = 128;
  private static final int MAX_FRAMES = 8;
  private static final int MAX_CAUSES = 4;

  private final JsonBytes fields;
  private final Consumer<LogLine> sink;
  private final long epochMillis;
  private final Level level;
  private final String logger;
  private final String event;
  private String requestId = "";
  private String sessionId = "";
  private String traceId = "";
  private String spanId = "";
  private boolean truncated;
  private boolean emitted;

  LogLine(
      JsonBytes fields,
      Consumer<LogLine> sink,
      long epochMillis,
      Level level,
      String logger,
      String event) {
    this.fields = fields;
    this.sink = sink;
    this.epochMillis = epochMillis;
    this.level = level;
    this.logger = logger;
    this.event = event;
  }

  Level level() {
    return level;
  }

  JsonBytes fields() {
    return fields;
  }

  @Override
  public Log.Entry call(Call call) {
    requestId = call.id().value();
    return within(call.span());
  }

  @Override
  public Log.Entry put(String field, String value) {
    if (value == null) {
      return this;
    }
    switch (field) {
      case "request_id" -> requestId = value;
      case "session_id" -> sessionId = value;
      case "trace_id" -> traceId = value;
      case "span_id" -> spanId = value;
      default -> {
        int before = begin(field);
        fields.string(value, MAX_VALUE_BYTES);
        end(before);
      }
    }
    return this;
  }

  @Override
  public Log.Entry put(String field, long value) {
    int before = begin(field);
    fields.whole(value);
    return end(before);
  }

  @Override
  public Log.Entry put(String field, double value) {
    int before = begin(field);
    fields.decimal(value);
    return end(before);
  }

  @Override
  public Log.Entry put(String field, boolean value) {
    int before = begin(field);
    fields.ascii(value ? "true" : "false");
    return end(before);
  }

  @Override
  public Log.Entry cause(Throwable cause) {
    return put("error", describe(cause)).put("stack", frames(cause));
  }

  @Override
  public void emit() {
    if (emitted) {
      throw new IllegalStateException("event " + event + " was emitted already");
    }
    emitted = true;
    sink.accept(this);
  }

  /** Writes the whole line with its line end. */
  void encode(JsonBytes out, TimeText time) {
    out.ascii("{\"ts\":\"");
    time.write(epochMillis, out);
    out.ascii("\",\"level\":\"");
    out.ascii(level.name());
    out.ascii("\",\"logger\":");
    out.string(logger, MAX_NAME_BYTES);
    out.ascii(",\"event\":");
    out.string(event, MAX_NAME_BYTES);
    encodeId(",\"request_id\":", requestId, out);
    encodeId(",\"session_id\":", sessionId, out);
    encodeId(",\"trace_id\":", traceId, out);
    encodeId(",\"span_id\":", spanId, out);
    out.append(fields);
    out.ascii(truncated ? ",\"truncated\":true}\n" : "}\n");
  }

  private static void encodeId(String name, String id, JsonBytes out) {
    if (!id.isEmpty()) {
      out.ascii(name);
      out.string(id, MAX_NAME_BYTES);
    }
  }

  private int begin(String field) {
    if (emitted) {
      throw new IllegalStateException("event " + event + " was emitted; its buffer is not ours");
    }
    int before = fields.length();
    fields.ascii(',');
    fields.string(isHeadName(field) ? field + "_" : field, MAX_NAME_BYTES);
    fields.ascii(':');
    return before;
  }

  private Log.Entry end(int before) {
    if (fields.length() > MAX_LINE_BYTES) {
      fields.truncate(before);
      truncated = true;
    }
    return this;
  }

  /** Names that the head has; a field of such a name gets an underscore, not a second meaning. */
  private static boolean isHeadName(String field) {
    return switch (field) {
      case "ts",
          "level",
          "logger",
          "event",
          "request_id",
          "session_id",
          "trace_id",
          "span_id",
          "truncated" ->
          true;
      default -> false;
    };
  }

  private static String describe(Throwable cause) {
    var text = new StringBuilder();
    Throwable at = cause;
    for (int i = 0; i < MAX_CAUSES && at != null; i++) {
      text.append(i == 0 ? "" : "; caused by ").append(at.getClass().getName());
      if (at.getMessage() != null) {
        text.append(": ").append(at.getMessage());
      }
      at = at.getCause();
    }
    return text.toString();
  }

  private static String frames(Throwable cause) {
    var text = new StringBuilder();
    StackTraceElement[] trace = cause.getStackTrace();
    for (int i = 0; i < Math.min(MAX_FRAMES, trace.length); i++) {
      text.append(i == 0 ? "" : "\n").append(trace[i]);
    }
    return text.toString();
  }
}
