package llm.core.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a {@link FaultUpstream} does with one request, step by step: bytes, pauses, an end.
 * Immutable; each method gives a longer reply. Without an end the connection stays open for the
 * next request.
 */
public final class Reply {

  /** One step. */
  sealed interface Step {
    /** Sends bytes in one write. */
    record Send(byte[] bytes) implements Step {}

    /** Waits at a gate. */
    record Pause(Gate gate) implements Step {}

    /** Reads until the client has closed the connection. */
    record AwaitClose() implements Step {}

    /** Relays bytes both ways between the client and a local port. */
    record Tunnel(int port) implements Step {}

    /** Closes the connection in an orderly way. */
    record Fin() implements Step {}

    /** Resets the connection. */
    record Reset() implements Step {}
  }

  private final List<Step> steps;

  private Reply(List<Step> steps) {
    this.steps = List.copyOf(steps);
  }

  /** No steps yet; left so, the request is never answered and the connection stays. */
  public static Reply nothing() {
    return new Reply(List.of());
  }

  /** These characters, one byte each, in one write. */
  public static Reply raw(String latin1) {
    return nothing().send(latin1);
  }

  /** A whole answer with {@code Content-Length}; field lines as {@code "X-A: 1"}. */
  public static Reply whole(int status, String contentType, String body, String... fieldLines) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head = head(status, contentType, "Content-Length: " + bytes.length, fieldLines);
    return new Reply(List.of(new Step.Send(join(latin1(head), bytes))));
  }

  /** A whole answer with status 200 and {@code Content-Length}. */
  public static Reply ok(String contentType, String body) {
    return whole(200, contentType, body);
  }

  /** Status 200 with a chunked body, each chunk in a write of its own; head first. */
  public static Reply chunked(String contentType, String... chunks) {
    Reply reply = chunkedHead(contentType);
    for (String chunk : chunks) {
      reply = reply.chunk(chunk);
    }
    return reply.lastChunk();
  }

  /** Status 200 and {@code text/event-stream}, chunked: one {@code data:} event a chunk. */
  public static Reply events(String... data) {
    return chunked(
        "text/event-stream",
        Arrays.stream(data).map(line -> "data: " + line + "\n\n").toArray(String[]::new));
  }

  /** The head alone of an answer with status 200 and a chunked body. */
  public static Reply chunkedHead(String contentType) {
    return raw(head(200, contentType, "Transfer-Encoding: chunked"));
  }

  /** Adds one chunk, encoded as UTF-8. */
  public Reply chunk(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] size = latin1(Integer.toHexString(bytes.length) + "\r\n");
    return then(new Step.Send(join(size, bytes, latin1("\r\n"))));
  }

  /** Adds the chunk that ends a chunked body. */
  public Reply lastChunk() {
    return send("0\r\n\r\n");
  }

  /** Adds these characters, one byte each, in one write. */
  public Reply send(String latin1) {
    return then(new Step.Send(latin1(latin1)));
  }

  /** Waits at the gate. */
  public Reply pause(Gate gate) {
    return then(new Step.Pause(gate));
  }

  /** Waits until the client has closed the connection. */
  public Reply awaitClose() {
    return then(new Step.AwaitClose());
  }

  /** Becomes a tunnel to a local port: what a proxy does after CONNECT. */
  public Reply tunnel(int port) {
    return then(new Step.Tunnel(port));
  }

  /** Closes the connection with FIN. */
  public Reply fin() {
    return then(new Step.Fin());
  }

  /** Resets the connection (RST). */
  public Reply reset() {
    return then(new Step.Reset());
  }

  /** The same bytes, each in a write of its own. */
  public Reply dripped() {
    var drops = new ArrayList<Step>();
    for (Step step : steps) {
      if (step instanceof Step.Send(byte[] bytes)) {
        for (byte one : bytes) {
          drops.add(new Step.Send(new byte[] {one}));
        }
      } else {
        drops.add(step);
      }
    }
    return new Reply(drops);
  }

  /** The first {@code count} bytes of what it sends, in one write, and no other step. */
  public Reply cutAfter(int count) {
    return new Reply(List.of(new Step.Send(Arrays.copyOf(bytes(), count))));
  }

  /** The bytes alone, in two writes that part after {@code count}, with a pause between. */
  public Reply splitAfter(int count, Gate between) {
    byte[] all = bytes();
    return cutAfter(count)
        .pause(between)
        .then(new Step.Send(Arrays.copyOfRange(all, count, all.length)));
  }

  /** How many bytes it sends. */
  public int byteCount() {
    return bytes().length;
  }

  List<Step> steps() {
    return steps;
  }

  private byte[] bytes() {
    var all = new ByteArrayOutputStream();
    for (Step step : steps) {
      if (step instanceof Step.Send(byte[] bytes)) {
        all.writeBytes(bytes);
      }
    }
    return all.toByteArray();
  }

  private Reply then(Step step) {
    var longer = new ArrayList<>(steps);
    longer.add(step);
    return new Reply(longer);
  }

  private static String head(int status, String contentType, String framing, String... fieldLines) {
    var head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\n");
    head.append("Content-Type: ").append(contentType).append("\r\n").append(framing);
    for (String line : fieldLines) {
      head.append("\r\n").append(line);
    }
    return head.append("\r\n\r\n").toString();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
