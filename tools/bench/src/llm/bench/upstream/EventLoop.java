package llm.bench.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ConcurrentLinkedQueue;

/** One thread that reads requests and writes answers for its share of the connections. */
final class EventLoop extends Thread {
  private static final int READ_BYTES = 64 * 1024;

  private final Selector selector;
  private final Pacer pacer;
  private final ConcurrentLinkedQueue<SocketChannel> adopted = new ConcurrentLinkedQueue<>();
  private final ByteBuffer input = ByteBuffer.allocateDirect(READ_BYTES);

  EventLoop(int index, Pacer pacer) throws IOException {
    super("upstream-" + index);
    this.pacer = pacer;
    this.selector = Selector.open();
    setDaemon(true);
  }

  /** Hands a new connection to this loop; from any thread. */
  void adopt(SocketChannel channel) {
    adopted.add(channel);
    selector.wakeup();
  }

  @Override
  public void run() {
    try {
      while (true) {
        selector.select(this::ready);
        register();
      }
    } catch (IOException e) {
      System.err.println("upstream: the event loop ends: " + e);
      System.exit(1);
    }
  }

  private void register() throws IOException {
    for (SocketChannel c = adopted.poll(); c != null; c = adopted.poll()) {
      c.configureBlocking(false);
      c.socket().setTcpNoDelay(true);
      c.register(selector, SelectionKey.OP_READ, new Connection(c, pacer));
    }
  }

  private void ready(SelectionKey key) {
    var connection = (Connection) key.attachment();
    try {
      if (key.isReadable()) {
        input.clear();
        if (connection.channel().read(input) < 0) {
          connection.channel().close();
          return;
        }
        connection.received(input.flip());
      }
      key.interestOps(
          connection.flush() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    } catch (IOException | java.nio.channels.CancelledKeyException _) {
      close(connection);
    }
  }

  /** A peer that leaves in mid-answer is usual here; nothing is to be told about it. */
  private static void close(Connection connection) {
    try {
      connection.channel().close();
    } catch (IOException e) {
      System.err.println("upstream: closing failed: " + e);
    }
  }
}
