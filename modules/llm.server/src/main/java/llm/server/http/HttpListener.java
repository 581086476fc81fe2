package llm.server.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;
import llm.server.engine.ConnectionLayer;
import llm.server.engine.Engine;
import llm.server.engine.EngineLimits;
import llm.server.engine.EngineProvider;

/** The HTTP server of the process: our own engine, or the JDK's. */
public final class HttpListener implements AutoCloseable {
  /** Connections that the kernel holds until they are accepted. */
  private static final int BACKLOG = 1024;

  private final HttpServer server;
  private final Runnable drain;
  private final Runnable end;

  private HttpListener(HttpServer server, Runnable drain, Runnable end) {
    this.server = server;
    this.drain = drain;
    this.end = end;
  }

  /**
   * Takes the address; connections wait until {@link #serve}.
   *
   * @throws IOException when the address cannot be listened on
   */
  public static HttpListener bind(HttpSettings settings, Alarms alarms, Telemetry telemetry)
      throws IOException {
    return bind(settings, ConnectionLayer.PLAIN, alarms, telemetry);
  }

  /**
   * The same with a layer below HTTP, which the JDK's engine does not have.
   *
   * @throws IOException when the address cannot be listened on
   */
  public static HttpListener bind(
      HttpSettings settings, ConnectionLayer layer, Alarms alarms, Telemetry telemetry)
      throws IOException {
    if (layer != ConnectionLayer.PLAIN && settings.engine() == HttpSettings.Engine.JDK) {
      throw new IllegalArgumentException("the JDK's engine takes no layer");
    }
    var address = new InetSocketAddress(settings.host(), settings.port());
    return switch (settings.engine()) {
      case OWN -> own(settings, layer, address, alarms, telemetry);
      case JDK -> jdk(settings.limits(), address);
    };
  }

  private static HttpListener own(
      HttpSettings settings,
      ConnectionLayer layer,
      InetSocketAddress address,
      Alarms alarms,
      Telemetry telemetry)
      throws IOException {
    var provider = new EngineProvider(settings.limits(), layer, alarms, telemetry);
    Engine engine = provider.createHttpServer(address, BACKLOG);
    return new HttpListener(engine, engine::drain, () -> engine.stop(0));
  }

  /**
   * The JDK's server, one virtual thread per request. Its limits are system properties that are
   * read once, when the first one of the process is opened; a later one with other settings has the
   * first one's. There is no limit for the time of an answer on purpose: it would cut streams.
   */
  private static HttpListener jdk(EngineLimits limits, InetSocketAddress address)
      throws IOException {
    String prefix = "sun.net.httpserver.";
    System.setProperty(prefix + "nodelay", "true");
    System.setProperty(prefix + "maxIdleConnections", "100000");
    System.setProperty(prefix + "maxReqHeaderSize", Integer.toString(limits.headerBytes()));
    System.setProperty(prefix + "maxReqHeaders", Integer.toString(limits.headers()));
    System.setProperty(
        prefix + "maxReqTime", Long.toString(Math.max(1, limits.requestTime().toSeconds())));
    System.setProperty("jdk.httpserver.maxConnections", Integer.toString(limits.connections()));
    var server = HttpServer.create(address, BACKLOG);
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
    server.setExecutor(threads);
    return new HttpListener(
        server,
        () -> {}, // it has no such thing; requests are refused one by one
        () -> {
          server.stop(0);
          threads.shutdownNow();
        });
  }

  /** Begins to answer; once. */
  public void serve(HttpHandler handler) {
    server.createContext("/", handler);
    server.start();
  }

  /** The address it listens on, with the port that was taken. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** From now on connections end with the request that they serve, and idle ones at once. */
  public void drain() {
    drain.run();
  }

  /** Stops listening and closes every connection; requests still running are interrupted. */
  @Override
  public void close() {
    end.run();
  }
}
