package llm.server.api.monitor;

import java.io.ByteArrayOutputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One JSON object being written, as UTF-8. Used by one thread, until {@link #bytes}. */
final class JsonObject {
  private static final JsonFactory JSON = new JsonFactory();

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
  private final JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), bytes);

  JsonObject() {
    out.writeStartObject();
  }

  JsonObject put(String name, String value) {
    out.writeStringProperty(name, value);
    return this;
  }

  JsonObject put(String name, List<String> values) {
    out.writeArrayPropertyStart(name);
    values.forEach(out::writeString);
    out.writeEndArray();
    return this;
  }

  JsonObject put(String name, boolean value) {
    out.writeBooleanProperty(name, value);
    return this;
  }

  JsonObject put(String name, long value) {
    out.writeNumberProperty(name, value);
    return this;
  }

  /** At most three decimals, for people to look at; what is not known becomes null. */
  JsonObject put(String name, double value) {
    double rounded = Math.round(value * 1_000) / 1_000.0;
    if (!Double.isFinite(value)) {
      out.writeNullProperty(name);
    } else if (rounded == Math.rint(rounded)) {
      out.writeNumberProperty(name, (long) rounded);
    } else {
      out.writeNumberProperty(name, rounded);
    }
    return this;
  }

  /** Opens an object inside. */
  JsonObject open(String name) {
    out.writeObjectPropertyStart(name);
    return this;
  }

  /** Closes the object inside. */
  JsonObject close() {
    out.writeEndObject();
    return this;
  }

  /** Ends the object. */
  byte[] bytes() {
    out.writeEndObject();
    out.close();
    return bytes.toByteArray();
  }
}
