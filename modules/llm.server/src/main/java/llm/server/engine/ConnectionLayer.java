package llm.server.engine;

import java.io.IOException;
import java.net.Socket;

/** What lies between TCP and HTTP: nothing, or TLS. Thread-safe. */
@FunctionalInterface
public interface ConnectionLayer {
  /** Nothing: HTTP in the clear. */
  ConnectionLayer PLAIN = accepted -> accepted;

  /**
   * Opens the layer on a connection just accepted, handshake included. Runs on the connection's own
   * virtual thread, where it may block: when it takes longer than {@link EngineLimits#headTime},
   * {@code accepted} is closed under it. Whatever is thrown closes {@code accepted}.
   *
   * @return the socket that HTTP is spoken on; closing it need not close {@code accepted}
   * @throws IOException when the client does not get through
   */
  Socket open(Socket accepted) throws IOException;
}
