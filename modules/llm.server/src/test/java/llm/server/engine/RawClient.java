package llm.server.engine;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A client that sends what it is given, right or wrong, and reads answers strictly. */
final class RawClient implements AutoCloseable {
  private static final int LIMIT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  /** One answer. */
  record Answer(int status, List<String> head, String body) {
    Answer {
      head = List.copyOf(head);
    }

    boolean has(String line) {
      return head.stream().anyMatch(line::equalsIgnoreCase);
    }

    List<String> values(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return head.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .toList();
    }
  }

  RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(LIMIT_MILLIS);
    in = socket.getInputStream();
  }

  Socket socket() {
    return socket;
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Closes in good order, as a client that has enough. */
  void leave() throws IOException {
    socket.close();
  }

  /** Closes with a reset instead of an orderly end. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** The next answer to a request that was no HEAD. */
  Answer answer() throws IOException {
    return answer(true);
  }

  /** The next answer; the end of the connection before it is an EOFException. */
  Answer answer(boolean withBody) throws IOException {
    String status = line();
    var head = new ArrayList<String>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      head.add(line);
    }
    int code = Integer.parseInt(status.split(" ")[1]);
    var bare = new Answer(code, head, "");
    boolean bodiless = !withBody || code < 200 || code == 204 || code == 304;
    return bodiless ? bare : new Answer(code, head, body(bare));
  }

  private String body(Answer head) throws IOException {
    if (head.has("Transfer-Encoding: chunked")) {
      var all = new StringBuilder();
      for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
        all.append(text(size));
        line();
      }
      line();
      return all.toString();
    }
    List<String> lengths = head.values("Content-Length");
    return lengths.isEmpty()
        ? new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)
        : text(Integer.parseInt(lengths.getFirst()));
  }

  /** Exactly so many bytes. */
  String text(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the connection ended within " + length + " bytes");
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection ended after '" + line + "'");
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /** Waits for the end of the connection; what still came before it. */
  String rest() throws IOException {
    var rest = new ByteArrayOutputStream();
    try {
      for (int b = in.read(); b >= 0; b = in.read()) {
        rest.write(b);
      }
    } catch (SocketException reset) {
      rest.writeBytes("(reset)".getBytes(StandardCharsets.US_ASCII));
    }
    return rest.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
