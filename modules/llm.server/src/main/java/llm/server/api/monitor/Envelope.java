package llm.server.api.monitor;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import llm.server.ws.OutgoingMessage;

/** How every message looks: {@code {"type":…,"ts":…,"seq":…,"data":{…}}}. */
final class Envelope {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Envelope() {}

  /**
   * Encodes a message.
   *
   * @param data holds an object of JSON as UTF-8
   * @param from where it begins
   */
  static OutgoingMessage of(
      String type, Instant when, long sequence, byte[] data, int from, int length) {
    byte[] head =
        ("{\"type\":\""
                + type
                + "\",\"ts\":\""
                + TIME.format(when)
                + "\",\"seq\":"
                + sequence
                + ",\"data\":")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[head.length + length + 1];
    ByteBuffer.wrap(whole).put(head).put(data, from, length).put((byte) '}');
    return OutgoingMessage.textOf(whole);
  }
}
