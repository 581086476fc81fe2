package llm.server.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A connection that has left HTTP behind. It still counts among the engine's connections, is in its
 * gauge, and is closed when the engine is. One thread may read while another writes.
 */
public interface TakenConnection extends AutoCloseable {

  /** What the client sends, from the first byte after its request's head; not buffered further. */
  InputStream input();

  /** What goes to the client; each {@code write} is one write of the socket. */
  OutputStream output();

  /**
   * How long one read may wait before it throws {@link java.net.SocketTimeoutException}; zero for
   * ever. Holds from the next read on.
   */
  void readTimeout(Duration limit) throws IOException;

  /** Whose connection it is. */
  InetSocketAddress remoteAddress();

  /** Closes the socket at once; reads and writes that wait fail. Any thread, idempotent. */
  @Override
  void close();
}
