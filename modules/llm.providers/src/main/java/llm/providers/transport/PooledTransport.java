package llm.providers.transport;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.Registration;
import llm.providers.transport.ConnectionMetrics.Closed;
import llm.providers.transport.TransportException.Kind;
import llm.providers.transport.UpstreamRequest.Header;
import llm.providers.transport.http1.HeadWriter;
import llm.providers.transport.http1.ResponseHead;

/**
 * HTTP/1.1 over pooled connections (RFC 9112), plain blocking code on the calling thread: head and
 * body go out in one write, the response is read from the connection's own buffer, and nothing else
 * runs for a request.
 */
final class PooledTransport implements Transport {
  private static final int FIRST_WRITE_BYTES = 64 * 1024;
  private static final int MAX_INTERIM = 16;

  private final BaseUrl target;
  private final TransportSettings settings;
  private final ConnectionPool pool;
  private final ConnectionMetrics metrics;
  private final Alarms alarms;
  private final String targetPrefix; // absolute when a proxy is to forward
  private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  PooledTransport(
      BaseUrl target,
      TransportSettings settings,
      ConnectionPool pool,
      ConnectionMetrics metrics,
      Alarms alarms) {
    this.target = target;
    this.settings = settings;
    this.pool = pool;
    this.metrics = metrics;
    this.alarms = alarms;
    boolean forwarded = settings.proxy().isPresent() && !target.secure();
    this.targetPrefix = (forwarded ? "http://" + target.authority() : "") + target.prefix();
  }

  @Override
  public UpstreamResponse send(UpstreamRequest request, Call call) throws TransportException {
    var exchange = new Exchange();
    exchanges.add(exchange);
    Registration hook = call.onCancel(() -> exchange.abort(TransportException.cancelled(call)));
    boolean answered = false;
    try {
      enter(exchange);
      UpstreamResponse response = null;
      try {
        response = exchange(request, exchange, hook);
      } finally {
        if (response == null) {
          pool.permits().give();
        }
      }
      answered = true;
      return response;
    } finally {
      if (!answered) {
        hook.close();
        exchanges.remove(exchange);
      }
    }
  }

  @Override
  public int warm(int count, Call call) throws TransportException {
    int opened = 0;
    while (opened < count && pool.resting() < Math.min(count, settings.maxIdle())) {
      var exchange = new Exchange();
      exchanges.add(exchange);
      Registration hook = call.onCancel(() -> exchange.abort(TransportException.cancelled(call)));
      try {
        enter(exchange);
        try {
          Connection connection = pool.open(exchange);
          if (exchange.finish()) {
            pool.rest(connection, Long.MAX_VALUE);
            opened++;
          } else {
            pool.drop(connection, Closed.BROKEN);
          }
        } finally {
          pool.permits().give();
        }
        exchange.check();
      } finally {
        hook.close();
        exchanges.remove(exchange);
      }
    }
    return opened;
  }

  @Override
  public void close() {
    closed = true;
    pool.close();
    exchanges.forEach(exchange -> exchange.abort(TransportException.closed()));
  }

  /** Waits for a permit. */
  private void enter(Exchange exchange) throws TransportException {
    exchange.check();
    if (closed) {
      throw TransportException.closed();
    }
    long start = alarms.time().nanoTime();
    pool.permits().take(exchange);
    metrics.waited(alarms.time().nanoTime() - start);
  }

  /** On a resting connection if there is one; a dead one is replaced once. */
  private UpstreamResponse exchange(UpstreamRequest request, Exchange exchange, Registration hook)
      throws TransportException {
    Connection resting = pool.reuse();
    if (resting != null) {
      try {
        return attempt(resting, request, exchange, hook);
      } catch (DeadConnection _) {
        metrics.staleRetry();
      }
    }
    try {
      return attempt(pool.open(exchange), request, exchange, hook);
    } catch (DeadConnection dead) {
      throw dead.failure;
    }
  }

  private UpstreamResponse attempt(
      Connection connection, UpstreamRequest request, Exchange exchange, Registration hook)
      throws TransportException, DeadConnection {
    try {
      exchange.during(connection::breakOff);
      long now = alarms.time().nanoTime();
      connection.begins(
          now + settings.firstByteTimeout().toNanos(), settings.idleTimeout().toNanos());
      boolean sent = write(connection, request);
      ResponseHead head = readHead(connection);
      connection.bodyBegins();
      boolean toHead = request.method().equals("HEAD");
      return new PooledResponse(this, connection, head, toHead, sent, exchange, hook);
    } catch (IOException failed) {
      TransportException told = failure(connection, exchange, failed);
      boolean silent = told.kind() == Kind.CUT && !connection.gotBytes();
      pool.drop(connection, silent ? Closed.STALE : Closed.BROKEN);
      if (silent) {
        throw new DeadConnection(told);
      }
      throw told;
    } catch (RuntimeException | Error bug) {
      pool.drop(connection, Closed.BROKEN);
      throw bug;
    }
  }

  /** False when the upstream took not all of it; it may have answered all the same. */
  private boolean write(Connection connection, UpstreamRequest request) throws IOException {
    byte[] body = request.body().bytes();
    HeadWriter out = connection.out().begin(request.method(), targetPrefix + request.path());
    out.field("Host", target.authority());
    if (!target.secure() && settings.proxy().isPresent()) {
      settings
          .proxy()
          .get()
          .authorization()
          .ifPresent(secret -> out.field("Proxy-Authorization", secret.reveal()));
    }
    for (Header header : request.headers()) {
      out.field(header.name(), header.value());
    }
    if (body.length > 0 || !isBodiless(request.method())) {
      out.field("Content-Length", Integer.toString(body.length));
    }
    out.end();
    int first = Math.min(body.length, Math.max(0, FIRST_WRITE_BYTES - out.size()));
    out.body(body, first);
    try {
      connection.send(body, first);
      return true;
    } catch (TransportException | ClosedByInterruptException ended) {
      throw ended;
    } catch (IOException _) {
      return false; // an early refusal may lie in the buffer: reading tells which of the two it is
    }
  }

  private static ResponseHead readHead(Connection connection) throws IOException {
    ResponseHead head = ResponseHead.read(connection.in());
    for (int interim = 0; head.isInterim(); interim++) {
      if (head.status() == 101 || interim >= MAX_INTERIM) {
        throw new ProtocolException(
            head.status() == 101 ? "101 without a request to upgrade" : "too many 1xx responses");
      }
      head = ResponseHead.read(connection.in());
    }
    return head;
  }

  /** The reason that counts: an abort comes before what it did to the socket. */
  TransportException failure(Connection connection, Exchange exchange, IOException failed) {
    try {
      exchange.check();
      return connection.failure(failed);
    } catch (TransportException aborted) {
      return aborted;
    }
  }

  /** The exchange is over; nothing of it is left but a connection that may be used again. */
  void finished(Connection connection, Exchange exchange, boolean reusable, long limitNanos) {
    exchanges.remove(exchange);
    if (reusable) {
      pool.rest(connection, limitNanos);
    } else {
      pool.drop(connection, Closed.ENDED);
    }
    pool.permits().give();
  }

  /** The exchange broke off. */
  void broke(Connection connection, Exchange exchange) {
    exchanges.remove(exchange);
    pool.drop(connection, Closed.BROKEN);
    pool.permits().give();
  }

  /** The pool, for tests. */
  ConnectionPool pool() {
    return pool;
  }

  private static boolean isBodiless(String method) {
    return method.equals("GET") || method.equals("HEAD") || method.equals("DELETE");
  }

  /** A connection ended before a byte came. */
  private static final class DeadConnection extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient TransportException failure;

    private DeadConnection(TransportException failure) {
      super(null, null, false, false);
      this.failure = failure;
    }
  }
}
