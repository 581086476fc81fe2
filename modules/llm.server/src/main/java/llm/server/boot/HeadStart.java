package llm.server.boot;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import llm.domain.port.IdSource;

/**
 * Sets up, beside the main thread that reads the configuration, parts of the JDK that every server
 * needs a moment later and that take milliseconds each: the random generator, the sockets, the
 * scheduler of virtual threads. Whoever needs one before it is ready waits for it or sets it up
 * itself; nothing depends on this thread.
 */
final class HeadStart {
  private static final int LIMIT_MILLIS = 1_000;

  private HeadStart() {}

  /** Begins, and does not wait. */
  static void begin() {
    Thread.ofPlatform().name("llm-head-start").daemon().start(HeadStart::run);
  }

  private static void run() {
    IdSource.RANDOM.next();
    Thread.startVirtualThread(HeadStart::useSockets);
  }

  /**
   * A byte from a socket of this process to another, read by a virtual thread that waits for it.
   */
  private static void useSockets() {
    var loopback = InetAddress.getLoopbackAddress();
    try (var server = new ServerSocket(0, 1, loopback);
        var client = new Socket(loopback, server.getLocalPort());
        var accepted = server.accept()) {
      Thread.startVirtualThread(() -> send(client));
      accepted.setSoTimeout(LIMIT_MILLIS);
      accepted.getInputStream().read();
    } catch (IOException _) {
      return; // the listener will say what is wrong with sockets
    }
  }

  private static void send(Socket client) {
    try {
      client.getOutputStream().write(1);
    } catch (IOException _) {
      return; // as above
    }
  }
}
