package llm.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;

/** One blocking client that asks for one stream and tells how it ended. */
public final class StreamClient implements ResponseReader.Listener {
  private static final int READ_BYTES = 16 * 1024;

  /** How a stream ended. */
  public enum End {
    /** With the end mark, the body complete. */
    DONE,
    /** With an error frame, the body complete. */
    ERROR_FRAME,
    /** With a status other than 200. */
    REFUSED,
    /** In the middle: to its client a cut answer. */
    CUT,
    /** Not within the time the client waits. */
    HANGS
  }

  private final InetSocketAddress address;
  private final byte[] request;
  private final int limitMillis;
  private final CountDownLatch firstTokens;
  private final ResponseReader reader = new ResponseReader(this);

  /**
   * A client.
   *
   * @param address where the server listens
   * @param request the bytes of the request
   * @param limitMillis how long a read may wait
   * @param firstTokens counted down at the first token
   */
  public StreamClient(
      InetSocketAddress address, byte[] request, int limitMillis, CountDownLatch firstTokens) {
    this.address = address;
    this.request = request;
    this.limitMillis = limitMillis;
    this.firstTokens = firstTokens;
  }

  /** Asks and reads to the end; blocks. */
  public End run() {
    try (var socket = new Socket()) {
      socket.connect(address, limitMillis);
      socket.setSoTimeout(limitMillis);
      socket.getOutputStream().write(request);
      byte[] bytes = new byte[READ_BYTES];
      for (int n = socket.getInputStream().read(bytes);
          n >= 0;
          n = socket.getInputStream().read(bytes)) {
        reader.read(bytes, 0, n);
        if (reader.done()) {
          return end();
        }
      }
      return End.CUT;
    } catch (java.net.SocketTimeoutException _) {
      return End.HANGS;
    } catch (IOException | IllegalStateException _) {
      return End.CUT;
    }
  }

  private End end() {
    if (reader.status() != 200) {
      return End.REFUSED;
    }
    String tail = reader.tail();
    if (tail.endsWith("data: [DONE]\n\n")) {
      return End.DONE;
    }
    String lastEvent = tail.stripTrailing();
    lastEvent = lastEvent.substring(Math.max(0, lastEvent.lastIndexOf("\n\n")));
    return lastEvent.contains("\"error\":") ? End.ERROR_FRAME : End.CUT;
  }

  @Override
  public void firstToken() {
    firstTokens.countDown();
  }

  @Override
  public void stamp(long nanos) {
    // How late it is does not matter here.
  }
}
