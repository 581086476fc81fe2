package llm.core.store.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Stands before a Redis, and ends its connections after a number of bytes to either side. */
final class CutProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int port;
  private long left = Long.MAX_VALUE; // bytes until it cuts; guarded by this, as the next
  private long passed;

  /** One before that port, on the socket. */
  CutProxy(ServerSocket listener, int port) {
    this.listener = listener;
    this.port = port;
    Thread.startVirtualThread(this::accept);
  }

  /** One before that port. */
  static CutProxy before(int port) throws IOException {
    return new CutProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Bytes so far, both ways. */
  synchronized long passed() {
    return passed;
  }

  /** Cuts once, when that many bytes more went either way; 0 is before the next one. */
  synchronized void cutAfter(long bytes) {
    left = bytes;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        server.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        Thread.startVirtualThread(() -> copy(client, server));
        Thread.startVirtualThread(() -> copy(server, client));
      }
    } catch (IOException ended) {
      return; // closed
    }
  }

  private void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int got = in.read(buffer); got > 0; got = in.read(buffer)) {
        int may = take(got);
        out.write(buffer, 0, may);
        if (may < got) {
          return; // cut
        }
      }
    } catch (IOException ended) {
      return; // the other end was cut
    }
  }

  /** How many of these bytes may pass; fewer: the connection is to be cut, and no other. */
  private synchronized int take(int bytes) {
    int may = (int) Math.min(bytes, left);
    left = left == Long.MAX_VALUE || may < bytes ? Long.MAX_VALUE : left - may;
    passed += may;
    return may;
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
