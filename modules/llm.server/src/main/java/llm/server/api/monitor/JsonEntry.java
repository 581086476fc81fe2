package llm.server.api.monitor;

import java.util.function.Consumer;
import llm.core.telemetry.Log;
import llm.domain.call.Call;

/** An entry that becomes one JSON object instead of a line of the log. */
final class JsonEntry implements Log.Entry {
  private final JsonObject out = new JsonObject();
  private final Consumer<byte[]> sink;

  JsonEntry(String event, Consumer<byte[]> sink) {
    this.sink = sink;
    put("event", event);
  }

  @Override
  public Log.Entry call(Call call) {
    return put("request_id", call.id().value());
  }

  @Override
  public Log.Entry put(String field, String value) {
    if (value != null) {
      out.put(field, value);
    }
    return this;
  }

  @Override
  public Log.Entry put(String field, long value) {
    out.put(field, value);
    return this;
  }

  @Override
  public Log.Entry put(String field, double value) {
    out.put(field, value);
    return this;
  }

  @Override
  public Log.Entry put(String field, boolean value) {
    out.put(field, value);
    return this;
  }

  @Override
  public Log.Entry cause(Throwable cause) {
    return put("error", cause.toString());
  }

  @Override
  public void emit() {
    sink.accept(out.bytes());
  }
}
