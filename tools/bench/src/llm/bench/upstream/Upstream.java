package llm.bench.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * A fast upstream in OpenAI's dialect with canned answers, a process of its own. It prints {@code
 * listening on PORT} once it is ready and ends when its standard input does, so that it never
 * outlives the benchmark that started it.
 *
 * <p>The model says what is answered: {@code whole} one JSON answer; {@code burst-N} a stream of N
 * tokens back to back; {@code paced-F-I-N} a stream whose first token comes after F ms and further
 * ones every I ms, N in all. What stands before a slash in the name is a relay's business. A
 * request that does not stream is always answered whole.
 */
public final class Upstream {
  private static final int BACKLOG = 4096;

  private Upstream() {}

  /** Serves until standard input ends; the argument is the number of event loops. */
  public static void main(String[] args) throws IOException {
    int loops = args.length == 0 ? 1 : Integer.parseInt(args[0]);
    var pacer = new Pacer();
    pacer.start();
    var threads = new EventLoop[loops];
    for (int i = 0; i < loops; i++) {
      threads[i] = new EventLoop(i, pacer);
      threads[i].start();
    }
    var server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    Thread.ofPlatform().daemon().start(() -> accept(server, threads));
    System.out.println("listening on " + server.socket().getLocalPort());
    while (System.in.read() >= 0) {
      // Only its end means something.
    }
    System.exit(0);
  }

  private static void accept(ServerSocketChannel server, EventLoop[] loops) {
    for (int i = 0; ; i = (i + 1) % loops.length) {
      try {
        SocketChannel channel = server.accept();
        loops[i].adopt(channel);
      } catch (IOException e) {
        System.err.println("upstream: accepting failed: " + e);
        Thread.onSpinWait();
      }
    }
  }
}
