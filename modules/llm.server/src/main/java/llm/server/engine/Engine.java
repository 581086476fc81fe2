package llm.server.engine;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;
import llm.server.engine.message.DateField;

/**
 * Our HTTP/1.1 server behind the JDK's API: a virtual thread per connection, strict reading,
 * limits, and exchanges that are {@link EngineExchange}s. Without an executor, handlers run on
 * their connection's own virtual thread; with one, that thread waits for it.
 *
 * <p>An exchange is over when its handler has returned. Thread-safe.
 */
public final class Engine extends HttpServer {
  private static final int DEFAULT_BACKLOG = 1024;

  private enum State {
    NEW,
    STARTED,
    STOPPED
  }

  private final ServerSocket server;
  private final Contexts contexts;
  private final Connections connections;
  private final Acceptor acceptor;
  private State state = State.NEW; // guarded by this

  /**
   * An engine that is not bound.
   *
   * @param layer what lies below HTTP
   */
  public Engine(EngineLimits limits, ConnectionLayer layer, Alarms alarms, Telemetry telemetry)
      throws IOException {
    this(new ServerSocket(), limits, layer, alarms, telemetry);
  }

  /** An engine over a socket of the caller's choice. */
  Engine(
      ServerSocket server,
      EngineLimits limits,
      ConnectionLayer layer,
      Alarms alarms,
      Telemetry telemetry) {
    var meters = new EngineMeters(telemetry, alarms.time());
    this.server = server;
    this.contexts = new Contexts(meters);
    this.connections = new Connections(alarms, limits);
    meters.watch(connections::size, connections::idle);
    var parts =
        new Connection.Parts(
            limits,
            alarms,
            layer,
            meters,
            connections,
            new Lookout(alarms),
            contexts,
            new DateField());
    this.acceptor = new Acceptor(server, parts);
  }

  @Override
  public synchronized void bind(InetSocketAddress address, int backlog) throws IOException {
    Objects.requireNonNull(address, "address");
    if (server.isBound()) {
      throw new BindException("the server is bound already");
    }
    server.setReuseAddress(true);
    server.bind(address, backlog > 0 ? backlog : DEFAULT_BACKLOG);
  }

  @Override
  public synchronized void start() {
    if (!server.isBound() || state != State.NEW) {
      throw new IllegalStateException("the server is not bound, or was started before");
    }
    state = State.STARTED;
    Thread.ofPlatform().name("http-accept").start(acceptor);
  }

  @Override
  public synchronized void setExecutor(Executor executor) {
    if (state != State.NEW) {
      throw new IllegalStateException("the server was started already");
    }
    contexts.runOn(executor);
  }

  @Override
  public Executor getExecutor() {
    return contexts.executor();
  }

  /**
   * Begins the end: connections that wait for a request are closed, each answer from now on is its
   * connection's last. New connections are still accepted, for one request each.
   */
  public void drain() {
    connections.drain();
  }

  /**
   * Stops: takes no connection any more, waits until running exchanges have ended, at most {@code
   * delaySeconds}, then closes all connections, those taken over included, and interrupts handlers
   * that still run.
   */
  @Override
  public void stop(int delaySeconds) {
    if (delaySeconds < 0) {
      throw new IllegalArgumentException("negative delay parameter");
    }
    synchronized (this) {
      state = State.STOPPED;
    }
    acceptor.close();
    connections.drain();
    try {
      connections.awaitIdle(Duration.ofSeconds(delaySeconds));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // then it ends at once
    }
    connections.abort();
  }

  @Override
  public HttpContext createContext(String path, HttpHandler handler) {
    Objects.requireNonNull(handler, "handler");
    return create(path, handler);
  }

  @Override
  public HttpContext createContext(String path) {
    return create(path, null);
  }

  private HttpContext create(String path, HttpHandler handler) {
    Objects.requireNonNull(path, "path");
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("path '" + path + "' must start with /");
    }
    var context = new EngineContext(this, path, handler);
    contexts.add(context);
    return context;
  }

  @Override
  public void removeContext(String path) {
    contexts.remove(Objects.requireNonNull(path, "path"));
  }

  @Override
  public void removeContext(HttpContext context) {
    contexts.remove(context.getPath());
  }

  @Override
  public InetSocketAddress getAddress() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }
}
