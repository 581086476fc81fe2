package llm.server.engine;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import llm.server.engine.message.Refusal;
import llm.server.engine.message.RefusedException;

/** A path and what answers below it. Thread-safe. */
final class EngineContext extends HttpContext {
  private final HttpServer server;
  private final String path;
  private final Map<String, Object> attributes = new ConcurrentHashMap<>();
  private final List<Filter> filters = new CopyOnWriteArrayList<>();
  private volatile HttpHandler handler;
  private volatile Authenticator authenticator;

  EngineContext(HttpServer server, String path, HttpHandler handler) {
    this.server = server;
    this.path = path;
    this.handler = handler;
  }

  /** Authenticates, filters, handles. */
  void handle(Exchange exchange) throws IOException {
    HttpHandler answering = handler;
    if (answering == null) {
      throw new RefusedException(Refusal.NO_CONTEXT);
    }
    exchange.in(this);
    if (!authenticate(exchange)) {
      return;
    }
    if (filters.isEmpty()) {
      answering.handle(exchange);
    } else {
      new Filter.Chain(filters, answering).doFilter(exchange);
    }
  }

  private boolean authenticate(Exchange exchange) throws IOException {
    Authenticator asked = authenticator;
    if (asked == null) {
      return true;
    }
    return switch (asked.authenticate(exchange)) {
      case Authenticator.Success success -> {
        exchange.authenticated(success.getPrincipal());
        yield true;
      }
      case Authenticator.Failure failure -> {
        exchange.sendResponseHeaders(failure.getResponseCode(), -1);
        yield false;
      }
      case Authenticator.Retry retry -> {
        exchange.sendResponseHeaders(retry.getResponseCode(), -1);
        yield false;
      }
      default -> throw new IllegalStateException("an unknown result of an authenticator");
    };
  }

  @Override
  public HttpHandler getHandler() {
    return handler;
  }

  @Override
  public void setHandler(HttpHandler wanted) {
    Objects.requireNonNull(wanted, "handler");
    if (handler != null) {
      throw new IllegalArgumentException("handler already set");
    }
    handler = wanted;
  }

  @Override
  public String getPath() {
    return path;
  }

  @Override
  public HttpServer getServer() {
    return server;
  }

  @Override
  public Map<String, Object> getAttributes() {
    return attributes;
  }

  @Override
  public List<Filter> getFilters() {
    return filters;
  }

  @Override
  public Authenticator setAuthenticator(Authenticator wanted) {
    Authenticator before = authenticator;
    authenticator = wanted;
    return before;
  }

  @Override
  public Authenticator getAuthenticator() {
    return authenticator;
  }
}
