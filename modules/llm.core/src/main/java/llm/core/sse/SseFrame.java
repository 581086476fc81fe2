package llm.core.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Frames of an event stream as the WHATWG HTML standard defines it (section 9.2.5): lines of {@code
 * field: value}, ended by a blank line. Line ends are LF.
 */
public final class SseFrame {
  /** What a data frame begins with; its payload must hold no line break. */
  public static final String DATA = "data: ";

  /** What every frame ends with. */
  public static final String END = "\n\n";

  private SseFrame() {}

  /** A data frame; a payload with line breaks becomes several {@code data} lines. */
  public static byte[] data(byte[] payload) {
    var frame = new ByteArrayOutputStream(payload.length + 16);
    appendData(frame, payload);
    return frame.toByteArray();
  }

  /**
   * A data frame of the event type {@code name}.
   *
   * @throws IllegalArgumentException when the name has a line break
   */
  public static byte[] event(String name, byte[] payload) {
    requireOneLine(name);
    var frame = new ByteArrayOutputStream(payload.length + name.length() + 24);
    frame.writeBytes(("event: " + name + "\n").getBytes(StandardCharsets.UTF_8));
    appendData(frame, payload);
    return frame.toByteArray();
  }

  /**
   * A comment, which clients ignore: it keeps a connection alive.
   *
   * @throws IllegalArgumentException when the text has a line break
   */
  public static byte[] comment(String text) {
    requireOneLine(text);
    return (": " + text + END).getBytes(StandardCharsets.UTF_8);
  }

  private static void appendData(ByteArrayOutputStream frame, byte[] payload) {
    int lineStart = 0;
    for (int index = 0; index <= payload.length; index++) {
      boolean lineEnd = index == payload.length || payload[index] == '\n' || payload[index] == '\r';
      if (!lineEnd) {
        continue;
      }
      frame.writeBytes(DATA.getBytes(StandardCharsets.US_ASCII));
      frame.write(payload, lineStart, index - lineStart);
      frame.write('\n');
      boolean crlf =
          index + 1 < payload.length && payload[index] == '\r' && payload[index + 1] == '\n';
      index += crlf ? 1 : 0;
      lineStart = index + 1;
    }
    frame.write('\n');
  }

  private static void requireOneLine(String text) {
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("a line break in '" + text + "'");
    }
  }
}
