package llm.server.api;

import java.io.ByteArrayOutputStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes the bodies that belong to no dialect. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** What goes into a body. */
  @FunctionalInterface
  interface Content {
    void write(JsonGenerator out);
  }

  /** An object with {@code content}, as UTF-8. */
  static byte[] object(Content content) {
    var bytes = new ByteArrayOutputStream(512);
    try (var out = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
      out.writeStartObject();
      content.write(out);
      out.writeEndObject();
    }
    return bytes.toByteArray();
  }
}
