package llm.bench.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;

/** A connection to the mock upstream: collects requests and queues their answers. */
final class Connection {
  private static final int MAX_REQUEST_BYTES = 4 * 1024 * 1024;
  private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(ISO_8859_1);
  private static final byte[] MODEL = "\"model\"".getBytes(ISO_8859_1);
  private static final byte[] STREAM = "\"stream\"".getBytes(ISO_8859_1);
  private static final byte[] USAGE = "\"include_usage\"".getBytes(ISO_8859_1);
  private static final byte[] MESSAGES = "POST /v1/messages ".getBytes(ISO_8859_1);

  private final SocketChannel channel;
  private final Pacer pacer;
  private final ArrayDeque<ByteBuffer> output = new ArrayDeque<>();
  private byte[] input = new byte[4096];
  private int filled;

  Connection(SocketChannel channel, Pacer pacer) {
    this.channel = channel;
    this.pacer = pacer;
  }

  SocketChannel channel() {
    return channel;
  }

  void received(ByteBuffer bytes) throws IOException {
    if (filled + bytes.remaining() > input.length) {
      if (filled + bytes.remaining() > MAX_REQUEST_BYTES) {
        throw new IOException("a request of more than " + MAX_REQUEST_BYTES + " bytes");
      }
      input = Arrays.copyOf(input, Math.max(2 * input.length, filled + bytes.remaining()));
    }
    int count = bytes.remaining();
    bytes.get(input, filled, count);
    filled += count;
    int from = 0;
    for (int end = request(from); end > 0; end = request(from)) {
      from = end;
    }
    System.arraycopy(input, from, input, 0, filled - from);
    filled -= from;
  }

  /** Writes what is queued; whether all of it went. */
  boolean flush() throws IOException {
    while (!output.isEmpty()) {
      channel.write(output.peek());
      if (output.peek().hasRemaining()) {
        return false;
      }
      output.remove();
    }
    return true;
  }

  /** Answers the request that begins at {@code from}; its end, or 0 when it is not whole. */
  private int request(int from) {
    int head = indexOf(END_OF_HEAD, from, filled);
    if (head < 0) {
      return 0;
    }
    int body = head + END_OF_HEAD.length;
    int end = body + contentLength(from, head);
    if (end > filled) {
      return 0;
    }
    answer(from, body, end);
    return end;
  }

  private void answer(int from, int body, int end) {
    if (input[from] == 'G') {
      models(from, body);
      return;
    }
    String named = value(MODEL, body, end);
    String model = named.substring(named.lastIndexOf('/') + 1);
    boolean usage = value(USAGE, body, end).equals("true");
    if (Arrays.equals(
        input, from, Math.min(from + MESSAGES.length, end), MESSAGES, 0, MESSAGES.length)) {
      boolean stream = value(STREAM, body, end).equals("true");
      output.add(stream ? CannedMessages.burst100() : CannedMessages.whole());
    } else if (!value(STREAM, body, end).equals("true")) {
      output.add(Canned.whole());
    } else if (model.startsWith("paced-")) {
      String[] pace = model.split("-");
      pacer.add(
          channel,
          new Pacer.Pace(
              Integer.parseInt(pace[1]), Integer.parseInt(pace[2]), Integer.parseInt(pace[3])),
          usage);
    } else if (model.startsWith("burst-")) {
      output.addAll(Canned.burst(Integer.parseInt(model.substring("burst-".length())), usage));
    } else {
      output.add(
          Canned.plain(
              "404 Not Found",
              "{\"error\":{\"message\":\"no model "
                  + model
                  + "\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":null}}"));
    }
  }

  private void models(int from, int body) {
    String line = new String(input, from, Math.min(body - from, 64), ISO_8859_1);
    output.add(
        line.startsWith("GET /v1/models ")
            ? Canned.plain(
                "200 OK",
                "{\"object\":\"list\",\"data\":[{\"id\":\"whole\",\"object\":\"model\"}]}")
            : Canned.plain("404 Not Found", "{\"error\":{\"message\":\"no such path\"}}"));
  }

  /** The value of {@code "name": value} in the body, without quotes; empty when it is not there. */
  private String value(byte[] name, int body, int end) {
    int at = indexOf(name, body, end);
    if (at < 0) {
      return "";
    }
    at += name.length;
    while (at < end && (input[at] == ':' || input[at] == ' ' || input[at] == '"')) {
      at++;
    }
    int stop = at;
    while (stop < end && input[stop] != '"' && input[stop] != ',' && input[stop] != '}') {
      stop++;
    }
    return new String(input, at, stop - at, ISO_8859_1).strip();
  }

  /** The length of the body; a chunked request body is nothing that a gateway should send here. */
  private int contentLength(int from, int head) {
    for (int line = from; line < head; line = indexOf(END_OF_HEAD, 2, line, filled) + 2) {
      if ((input[line] | 0x20) == 'c' && matches("content-length:", line)) {
        int length = 0;
        for (int i = line + 15; input[i] != '\r'; i++) {
          length = input[i] == ' ' ? length : 10 * length + input[i] - '0';
        }
        return length;
      }
    }
    return 0;
  }

  private boolean matches(String lowerCase, int at) {
    for (int i = 0; i < lowerCase.length(); i++) {
      byte b = input[at + i];
      if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int indexOf(byte[] what, int from, int to) {
    return indexOf(what, what.length, from, to);
  }

  private int indexOf(byte[] what, int length, int from, int to) {
    for (int i = from; i <= to - length; i++) {
      if (input[i] == what[0] && Arrays.equals(input, i, i + length, what, 0, length)) {
        return i;
      }
    }
    return -1;
  }
}
