package llm.bench.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The answers of {@link Canned} in Anthropic's dialect (Messages API), word for word. */
final class CannedMessages {
  private static final String START =
      "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"canned\","
          + "\"content\":[";

  private static final byte[] ANSWER =
      Canned.plain(
              "200 OK",
              START
                  + "{\"type\":\"text\",\"text\":\"An answer of a few words, the same each time.~\"}"
                  + "],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"
                  + "{\"input_tokens\":9,\"cache_creation_input_tokens\":0,"
                  + "\"cache_read_input_tokens\":0,\"output_tokens\":10}}")
          .array();
  private static final byte[] BURST_100 = burst();

  private CannedMessages() {}

  /** A whole answer that is not streamed, with its head. */
  static ByteBuffer whole() {
    return ByteBuffer.wrap(ANSWER);
  }

  /** A stream of a hundred tokens, back to back, with its head. */
  static ByteBuffer burst100() {
    return ByteBuffer.wrap(BURST_100);
  }

  private static byte[] burst() {
    var all = new ByteArrayOutputStream();
    all.writeBytes(Canned.eventStreamHead());
    event(
        all,
        "message_start",
        ",\"message\":"
            + START
            + "],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":9,"
            + "\"output_tokens\":1}}");
    event(
        all,
        "content_block_start",
        ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    for (int i = 0; i < Canned.BLOCK; i++) {
      event(
          all,
          "content_block_delta",
          ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word~\"}");
    }
    event(all, "content_block_stop", ",\"index\":0");
    event(
        all,
        "message_delta",
        ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
            + "\"usage\":{\"output_tokens\":100}");
    event(all, "message_stop", "");
    all.writeBytes("0\r\n\r\n".getBytes(US_ASCII));
    return all.toByteArray();
  }

  private static void event(ByteArrayOutputStream into, String type, String fields) {
    into.writeBytes(
        Canned.chunk("event: " + type + "\ndata: {\"type\":\"" + type + "\"" + fields + "}\n\n"));
  }
}
