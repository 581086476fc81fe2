package llm.server.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The JDK's HTTP server with our limits: one virtual thread per request.
 *
 * @implNote Its limits are system properties that are read once, when the first listener of the
 *     process is opened; a later listener with other settings has the first one's. There is no
 *     limit for the time of an answer on purpose: it would cut streams. This engine learns that a
 *     client has left by writing only, and it cannot upgrade to WebSocket.
 */
public final class HttpListener implements AutoCloseable {
  /** Connections that the kernel holds until they are accepted. */
  private static final int BACKLOG = 1024;

  /** Head of a request: names and values together, in bytes. */
  private static final int MAX_HEADER_BYTES = 64 * 1024;

  private final HttpServer server;
  private final ExecutorService threads;

  private HttpListener(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Takes the address; connections wait until {@link #serve}.
   *
   * @throws IOException when the address cannot be listened on
   */
  public static HttpListener bind(HttpSettings settings) throws IOException {
    configureEngine(settings);
    var address = new InetSocketAddress(settings.host(), settings.port());
    var server = HttpServer.create(address, BACKLOG);
    var threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
    server.setExecutor(threads);
    return new HttpListener(server, threads);
  }

  /** Begins to answer; once. */
  public void serve(HttpHandler handler) {
    server.createContext("/", handler);
    server.start();
  }

  private static void configureEngine(HttpSettings settings) {
    String prefix = "sun.net.httpserver.";
    System.setProperty(prefix + "nodelay", "true");
    System.setProperty(prefix + "maxIdleConnections", "100000");
    System.setProperty(prefix + "maxReqHeaderSize", Integer.toString(MAX_HEADER_BYTES));
    System.setProperty(
        prefix + "maxReqTime", Long.toString(Math.max(1, settings.requestRead().toSeconds())));
    System.setProperty(
        "jdk.httpserver.maxConnections", Integer.toString(settings.maxConnections()));
  }

  /** The address it listens on, with the port that was taken. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Stops listening and closes every connection; requests still running are interrupted. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
