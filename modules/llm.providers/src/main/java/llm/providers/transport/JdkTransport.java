package llm.providers.transport;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.providers.transport.TransportException.Kind;
import llm.providers.transport.UpstreamRequest.Header;

/**
 * The JDK's own client, which speaks HTTP/2 too. Its pool is its own: of the settings it knows the
 * number of exchanges at once and the limits of time; how long connections rest is {@code
 * jdk.httpclient.keepalive.timeout}.
 *
 * <p>It reads more leniently than our own (the suite of faults lists where), and it does not repeat
 * a POST that went out on a connection which was dead already: the property with which it would,
 * {@code jdk.httpclient.enableAllMethodRetry}, makes it repeat those on new connections as well.
 */
final class JdkTransport implements Transport {
  private final BaseUrl target;
  private final TransportSettings settings;
  private final Alarms alarms;
  private final ConnectionMetrics metrics;
  private final Permits permits;
  private final Sweep sweep;
  private final HttpClient client;
  private final Set<JdkExchange> active = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  JdkTransport(
      BaseUrl target,
      TransportSettings settings,
      SSLContext tls,
      Permits permits,
      ConnectionMetrics metrics,
      Alarms alarms) {
    this.target = target;
    this.settings = settings;
    this.alarms = alarms;
    this.metrics = metrics;
    this.permits = permits;
    this.sweep = new Sweep(alarms, settings, this::look);
    var proxy =
        settings
            .proxy()
            .map(via -> ProxySelector.of(new InetSocketAddress(via.host(), via.port())))
            .orElse(HttpClient.Builder.NO_PROXY);
    boolean http2 = settings.http2() && target.secure();
    this.client =
        HttpClient.newBuilder()
            .version(http2 ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .connectTimeout(settings.connectTimeout())
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .sslContext(tls)
            .proxy(proxy)
            .build();
  }

  @Override
  public UpstreamResponse send(UpstreamRequest request, Call call) throws TransportException {
    var exchange = new JdkExchange(this);
    exchange.linkedTo(
        call.onCancel(() -> exchange.state().abort(TransportException.cancelled(call))));
    boolean entered = false;
    boolean answered = false;
    active.add(exchange);
    try {
      exchange.state().check();
      if (closed) {
        throw TransportException.closed();
      }
      long start = alarms.time().nanoTime();
      permits.take(exchange.state());
      entered = true;
      metrics.waited(alarms.time().nanoTime() - start);
      metrics.active(1);
      sweep.wake();
      UpstreamResponse response = exchange.answer(start(request, exchange));
      answered = true;
      return response;
    } finally {
      if (!answered) {
        leave(exchange, entered);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    active.forEach(exchange -> exchange.state().abort(TransportException.closed()));
    client.shutdownNow();
  }

  /** The exchange is over. */
  void leave(JdkExchange exchange, boolean entered) {
    exchange.unlink();
    active.remove(exchange);
    if (entered) {
      metrics.active(-1);
      permits.give();
    }
  }

  /** Exchanges under way, for tests. */
  Permits permits() {
    return permits;
  }

  long bodyLimit() {
    return alarms.time().nanoTime() + settings.idleTimeout().toNanos();
  }

  /** What the JDK's exception means. */
  TransportException failure(Throwable thrown) {
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < 8; depth++) {
      Kind kind = kind(cause);
      if (kind != null) {
        return new TransportException(kind, say(kind, cause), thrown);
      }
      cause = cause.getCause();
    }
    return new TransportException(Kind.CUT, say(Kind.CUT, thrown), thrown);
  }

  private CompletableFuture<HttpResponse<InputStream>> start(
      UpstreamRequest request, JdkExchange exchange) throws TransportException {
    HttpRequest.Builder out =
        HttpRequest.newBuilder(URI.create(target + request.path()))
            .method(
                request.method(),
                request.body() == UpstreamRequest.Body.NONE
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(request.body().bytes()));
    for (Header header : request.headers()) {
      out.header(header.name(), header.value());
    }
    if (!target.secure()) {
      settings
          .proxy()
          .flatMap(HttpProxy::authorization)
          .ifPresent(secret -> out.header("Proxy-Authorization", secret.reveal()));
    }
    exchange.waitUntil(
        alarms.time().nanoTime()
            + settings.connectTimeout().toNanos()
            + settings.firstByteTimeout().toNanos());
    var future = client.sendAsync(out.build(), HttpResponse.BodyHandlers.ofInputStream());
    exchange.state().during(() -> future.cancel(true));
    return future;
  }

  private boolean look(long now) {
    active.forEach(exchange -> exchange.expire(now));
    return !active.isEmpty();
  }

  private static Kind kind(Throwable cause) {
    String said = cause.getMessage() == null ? "" : cause.getMessage();
    return switch (cause) {
      case TransportException told -> told.kind();
      case HttpConnectTimeoutException _ -> Kind.CONNECT;
      case ConnectException _ -> Kind.CONNECT;
      case UnresolvedAddressException _ -> Kind.CONNECT;
      case SSLException _ -> Kind.TLS;
      case ProtocolException _ -> Kind.PROTOCOL;
      case NumberFormatException _ -> Kind.PROTOCOL;
      case EOFException _ -> Kind.CUT;
      case IOException _ when said.contains("too many concurrent streams") -> Kind.POOL_EXHAUSTED;
      case IOException _ when said.startsWith("Tunnel failed") -> Kind.CONNECT;
      default -> null;
    };
  }

  private String say(Kind kind, Throwable cause) {
    String where = target.address();
    String said =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return switch (kind) {
      case CONNECT -> "no connection to " + where + ": " + said;
      case TLS -> "TLS with " + where + " failed: " + said;
      case PROTOCOL -> where + " sent no valid HTTP: " + said;
      case POOL_EXHAUSTED -> where + " takes no more streams on this connection";
      case TIMEOUT, CUT, CANCELLED -> "the connection to " + where + " broke: " + said;
    };
  }

  /** Waits for the head. */
  HttpResponse<InputStream> await(
      CompletableFuture<HttpResponse<InputStream>> future, JdkExchange exchange)
      throws TransportException {
    try {
      return future.get();
    } catch (ExecutionException failed) {
      exchange.state().check();
      throw failure(failed.getCause());
    } catch (CancellationException _) {
      exchange.state().check();
      throw TransportException.closed();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      future.cancel(true);
      throw new TransportException(
          Kind.CANCELLED, "interrupted while talking to " + target.address());
    }
  }
}
