package llm.bench.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Single blocking requests, for starting and probing. */
public final class Http {
  private static final int SOCKET_MILLIS = 5000;
  private static final long RETRY_NANOS = TimeUnit.MICROSECONDS.toNanos(1000);

  private Http() {}

  /** A GET over a connection of its own; the whole response as text. */
  public static String get(int port, String path, String key) throws IOException {
    try (var socket = new Socket()) {
      InetSocketAddress address = Workbench.loopback(port);
      socket.connect(address, SOCKET_MILLIS);
      socket.setSoTimeout(SOCKET_MILLIS);
      socket.getOutputStream().write(getRequest(port, path, key, true));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  /** The bytes of a GET. */
  public static byte[] getRequest(int port, String path, String key, boolean close) {
    return ("GET "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\n"
            + (key.isEmpty() ? "" : "Authorization: Bearer " + key + "\r\n")
            + (close ? "Connection: close\r\n\r\n" : "\r\n"))
        .getBytes(UTF_8);
  }

  /** The bytes of a chat completion request. */
  public static byte[] chat(int port, String key, String model, boolean stream, String prompt) {
    String body =
        "{\"model\":\""
            + model
            + "\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + prompt
            + "\"}]"
            + (stream ? ",\"stream\":true}" : "}");
    return ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: application/json\r\nAccept: */*\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(UTF_8);
  }

  /**
   * Asks about every millisecond until the answer is 200; what it took in nanoseconds, from now.
   *
   * @throws BenchFailure when the process ends before, or after {@code limit}
   */
  public static long awaitOk(Child child, int port, String path, Duration limit) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < limit.toNanos()) {
      if (answersOk(port, path)) {
        return System.nanoTime() - start;
      }
      if (!child.alive()) {
        throw child.failure("ended before it answered");
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
    throw child.failure("did not answer " + path + " within " + limit);
  }

  private static boolean answersOk(int port, String path) {
    try (var socket = new Socket()) {
      socket.connect(Workbench.loopback(port), SOCKET_MILLIS);
      socket.setSoTimeout(SOCKET_MILLIS);
      socket.getOutputStream().write(getRequest(port, path, "", false));
      byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
      return new String(start, UTF_8).equals("HTTP/1.1 200");
    } catch (IOException _) {
      return false; // Not yet; asked again.
    }
  }
}
