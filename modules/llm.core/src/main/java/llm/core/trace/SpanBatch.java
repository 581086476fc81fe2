package llm.core.trace;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import llm.core.dialect.json.JsonOut;

/** The body of an {@code ExportTraceServiceRequest}, whose head is the same for all batches. */
final class SpanBatch {
  private static final byte[] END = "]}]}]}".getBytes(StandardCharsets.US_ASCII);

  private final byte[] head;

  /**
   * Batches of one process.
   *
   * @param resource what the process is, by OpenTelemetry's names
   * @param version of what makes the spans
   */
  SpanBatch(Map<String, String> resource, String version) {
    var attributes = new Attributes();
    resource.forEach(attributes::put);
    var out = new JsonOut(512);
    out.object().name("resourceSpans").array().object();
    out.name("resource").object();
    attributes.write(out);
    out.endObject().name("scopeSpans").array().object();
    out.name("scope").object().field("name", "llm.server").field("version", version).endObject();
    out.name("spans").array();
    this.head = out.toBytes();
  }

  /** The body with these spans. */
  byte[] of(List<byte[]> spans) {
    int size = head.length + END.length + spans.size();
    for (byte[] span : spans) {
      size += span.length;
    }
    var body = new byte[size - 1]; // a comma less than there are spans
    System.arraycopy(head, 0, body, 0, head.length);
    int at = head.length;
    for (byte[] span : spans) {
      if (at > head.length) {
        body[at++] = ',';
      }
      System.arraycopy(span, 0, body, at, span.length);
      at += span.length;
    }
    System.arraycopy(END, 0, body, at, END.length);
    return body;
  }
}
