package llm.bench.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;

/**
 * The answers of the mock upstream, made once and sent as they are. Every token of an answer holds
 * one {@code ~}, by which the load generator counts tokens whatever the gateway makes of the frames
 * round them; a paced token carries {@code ~} and 19 digits, the monotonic clock in nanoseconds
 * when it was sent. Each event is an HTTP chunk of its own, as common servers send them.
 */
final class Canned {
  static final int STAMP_DIGITS = 19;

  /** Tokens in one block of a burst. */
  static final int BLOCK = 100;

  private static final String START =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
          + "\"model\":\"canned\",\"choices\":[";
  private static final String STAMP = "0".repeat(STAMP_DIGITS);

  private static final byte[] ANSWER = answer();
  private static final byte[] STREAM_HEAD = streamHead();
  private static final byte[] BURST_BLOCK = burstBlock();
  private static final byte[] STAMPED = chunk(token(" ~" + STAMP));
  private static final int STAMP_AT = indexOf(STAMPED, STAMP.getBytes(US_ASCII));
  private static final byte[] TAIL = tail("");
  private static final byte[] TAIL_WITH_USAGE =
      tail(
          event(
              START
                  + "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":100,"
                  + "\"total_tokens\":109}}"));
  private static final byte[] BURST_100 = join(STREAM_HEAD, BURST_BLOCK, TAIL);
  private static final byte[] BURST_100_WITH_USAGE =
      join(STREAM_HEAD, BURST_BLOCK, TAIL_WITH_USAGE);

  private Canned() {}

  /** A whole answer that is not streamed, with its head. */
  static ByteBuffer whole() {
    return ByteBuffer.wrap(ANSWER);
  }

  /** A stream of {@code tokens}, rounded up to hundreds when above one hundred, back to back. */
  static List<ByteBuffer> burst(int tokens, boolean usage) {
    if (tokens == BLOCK) {
      return List.of(ByteBuffer.wrap(usage ? BURST_100_WITH_USAGE : BURST_100));
    }
    int blocks = Math.ceilDiv(tokens, BLOCK);
    var parts = new java.util.ArrayList<ByteBuffer>(blocks + 2);
    parts.add(ByteBuffer.wrap(STREAM_HEAD));
    Collections.nCopies(blocks, BURST_BLOCK).forEach(b -> parts.add(ByteBuffer.wrap(b)));
    parts.add(end(usage));
    return parts;
  }

  /** The head of a stream and its first event, which names the role. */
  static byte[] streamStart() {
    return STREAM_HEAD;
  }

  /** One token with the time {@code nanos} in it, written into {@code into}. */
  static void stamped(ByteBuffer into, long nanos) {
    int at = into.position() + STAMP_AT;
    into.put(STAMPED);
    long rest = nanos;
    for (int i = STAMP_DIGITS - 1; i >= 0; i--) {
      into.put(at + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }

  /** The finish reason, the usage when asked for, the end mark and the end of the body. */
  static ByteBuffer end(boolean usage) {
    return ByteBuffer.wrap(usage ? TAIL_WITH_USAGE : TAIL);
  }

  /** An answer of {@code status} with a JSON body. */
  static ByteBuffer plain(String status, String json) {
    return ascii(
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + json.length()
            + "\r\n\r\n"
            + json);
  }

  private static byte[] answer() {
    return plain(
            "200 OK",
            "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,"
                + "\"model\":\"canned\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                + "\"assistant\",\"content\":\"An answer of a few words, the same each time.~\"},"
                + "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
                + "\"completion_tokens\":10,\"total_tokens\":19}}")
        .array();
  }

  /** The head of an answer that is a stream of events, in chunks. */
  static byte[] eventStreamHead() {
    return ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            + "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n")
        .getBytes(US_ASCII);
  }

  private static byte[] streamHead() {
    return join(
        eventStreamHead(),
        chunk(
            event(
                START
                    + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                    + "\"logprobs\":null,\"finish_reason\":null}]}")));
  }

  private static byte[] burstBlock() {
    byte[] one = chunk(token(" word~"));
    var block = new ByteArrayOutputStream(one.length * BLOCK);
    for (int i = 0; i < BLOCK; i++) {
      block.writeBytes(one);
    }
    return block.toByteArray();
  }

  private static String token(String text) {
    return event(
        START
            + "{\"index\":0,\"delta\":{\"content\":\""
            + text
            + "\"},\"logprobs\":null,\"finish_reason\":null}]}");
  }

  private static byte[] tail(String usageEvent) {
    String finish =
        event(START + "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
    byte[] usage = usageEvent.isEmpty() ? new byte[0] : chunk(usageEvent);
    return join(chunk(finish), usage, chunk(event("[DONE]")), "0\r\n\r\n".getBytes(US_ASCII));
  }

  private static String event(String data) {
    return "data: " + data + "\n\n";
  }

  /** {@code body} as an HTTP chunk. */
  static byte[] chunk(String body) {
    return (Integer.toHexString(body.length()) + "\r\n" + body + "\r\n").getBytes(US_ASCII);
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }

  private static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static int indexOf(byte[] in, byte[] what) {
    return new String(in, US_ASCII).indexOf(new String(what, US_ASCII));
  }
}
