package llm.providers.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.Registration;
import llm.providers.transport.TransportException.Kind;
import llm.providers.transport.http1.HeadWriter;
import llm.providers.transport.http1.ResponseHead;
import llm.providers.transport.http1.WireBuffer;

/**
 * Opens connections: the name is looked up anew each time, every address of it is tried within the
 * connect limit, then a proxy's tunnel, then TLS under a limit of its own. Thread-safe.
 */
final class Connector {
  private static final double NANOS_PER_MILLI = 1e6;

  private final BaseUrl target;
  private final TransportSettings settings;
  private final Optional<HttpProxy> proxy;
  private final SSLContext tls;
  private final Alarms alarms;
  private final Log log;
  private final String provider;
  private final AtomicReference<CompletableFuture<InetAddress[]>> lookup = new AtomicReference<>();

  Connector(
      String provider,
      BaseUrl target,
      TransportSettings settings,
      SSLContext tls,
      Alarms alarms,
      Log log) {
    this.provider = provider;
    this.target = target;
    this.settings = settings;
    this.proxy = settings.proxy();
    this.tls = tls;
    this.alarms = alarms;
    this.log = log;
  }

  /** Opens a connection for an exchange, whose abort ends the attempt. */
  Connection open(Exchange exchange) throws TransportException {
    long start = alarms.time().nanoTime();
    if (log.enabled(Level.DEBUG)) {
      started();
    }
    SocketChannel channel = null;
    try {
      channel = reach(exchange, start);
      Optional<SSLSocket> secure = Optional.empty();
      if (target.secure()) {
        secure = Optional.of(handshake(channel, exchange));
      }
      var connection = new Connection(target.address(), channel, secure, alarms.time());
      finished(start, "open", null);
      return connection;
    } catch (IOException failed) {
      if (channel != null) {
        Connection.closeQuietly(channel);
      }
      var known = failed instanceof TransportException told ? told : broken(Kind.CONNECT, failed);
      finished(start, known.kind().name().toLowerCase(Locale.ROOT), known);
      throw known;
    }
  }

  /** Name, TCP and tunnel, under one limit. */
  private SocketChannel reach(Exchange exchange, long start) throws IOException {
    long until = start + settings.connectTimeout().toNanos();
    Registration alarm = alarms.at(until, () -> exchange.abort(late(Kind.CONNECT, "connection")));
    try {
      String host = proxy.map(HttpProxy::host).orElse(target.host());
      int port = proxy.map(HttpProxy::port).orElse(target.port());
      SocketChannel channel = connect(lookUp(host, exchange), port, exchange, until);
      if (proxy.isPresent() && target.secure()) {
        tunnel(channel, proxy.get(), exchange);
      }
      return channel;
    } finally {
      alarm.close();
    }
  }

  private InetAddress[] lookUp(String host, Exchange exchange) throws TransportException {
    Optional<InetAddress> literal = BaseUrl.literal(host);
    if (literal.isPresent()) {
      return new InetAddress[] {literal.get()};
    }
    CompletableFuture<InetAddress[]> mine = sharedLookup(host).copy();
    exchange.during(() -> mine.cancel(false));
    try {
      return mine.join();
    } catch (CancellationException _) {
      exchange.check();
      throw new IllegalStateException("a lookup was cancelled that nobody aborted");
    } catch (CompletionException failed) {
      throw broken(Kind.CONNECT, failed.getCause());
    }
  }

  /** A lookup cannot be broken off, so there is one at most and all who need it wait for it. */
  private CompletableFuture<InetAddress[]> sharedLookup(String host) {
    var fresh = new CompletableFuture<InetAddress[]>();
    var running = lookup.compareAndExchange(null, fresh);
    if (running != null) {
      return running;
    }
    Thread.ofVirtual()
        .name("llm-lookup")
        .start(() -> {
          try {
            InetAddress[] found = InetAddress.getAllByName(host);
            lookup.set(null);
            fresh.complete(found);
          } catch (UnknownHostException | RuntimeException | Error failed) {
            lookup.set(null); // whatever it was: the next one begins anew
            fresh.completeExceptionally(failed);
          }
        });
    return fresh;
  }

  private SocketChannel connect(InetAddress[] addresses, int port, Exchange exchange, long until)
      throws IOException {
    IOException last = null;
    for (int i = 0; i < addresses.length; i++) {
      long left = until - alarms.time().nanoTime();
      long share = left / (addresses.length - i);
      try {
        return connect(new InetSocketAddress(addresses[i], port), exchange, share);
      } catch (IOException failed) {
        exchange.check();
        last = failed;
      }
    }
    throw last == null ? new UnknownHostException("the name has no address") : last;
  }

  private SocketChannel connect(InetSocketAddress address, Exchange exchange, long share)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    Registration alarm =
        alarms.at(alarms.time().nanoTime() + share, () -> Connection.closeQuietly(channel));
    try {
      exchange.during(() -> Connection.closeQuietly(channel));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(address);
      alarm.close();
      return channel;
    } catch (IOException | UnresolvedAddressException failed) {
      alarm.close();
      Connection.closeQuietly(channel);
      throw failed instanceof IOException io ? io : new IOException("unresolved", failed);
    }
  }

  /** RFC 9110, section 9.3.6: after a 2xx the connection is the upstream's. */
  private void tunnel(SocketChannel channel, HttpProxy via, Exchange exchange) throws IOException {
    exchange.during(() -> Connection.closeQuietly(channel));
    var head = new HeadWriter().begin("CONNECT", target.address());
    head.field("Host", target.address());
    via.authorization().ifPresent(secret -> head.field("Proxy-Authorization", secret.reveal()));
    head.end();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(head.bytes(), 0, head.size());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      var in = new WireBuffer((to, from, count) -> channel.read(ByteBuffer.wrap(to, from, count)));
      int status = ResponseHead.read(in).status();
      while (status < 200) {
        status = ResponseHead.read(in).status();
      }
      if (status >= 300 || in.size() > 0) {
        throw refused(via, status);
      }
    } catch (IOException failed) {
      Connection.closeQuietly(channel);
      exchange.check();
      throw failed instanceof TransportException
          ? failed
          : new TransportException(
              Kind.CONNECT, "the proxy " + via.address() + " opened no tunnel", failed);
    }
  }

  private static TransportException refused(HttpProxy via, int status) {
    String proxy = "the proxy " + via.address();
    return new TransportException(
        Kind.CONNECT,
        status == 407
            ? proxy + " wants a user and a password it knows (407); set proxy_url"
            : proxy + " answered CONNECT with " + status);
  }

  private SSLSocket handshake(SocketChannel channel, Exchange exchange) throws IOException {
    long until = alarms.time().nanoTime() + settings.tlsTimeout().toNanos();
    Registration alarm = alarms.at(until, () -> exchange.abort(late(Kind.TLS, "TLS handshake")));
    try {
      exchange.during(() -> Connection.closeQuietly(channel));
      var socket =
          (SSLSocket)
              tls.getSocketFactory()
                  .createSocket(channel.socket(), target.host(), target.port(), true);
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setApplicationProtocols(new String[] {"http/1.1"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket;
    } catch (IOException failed) {
      exchange.check();
      throw broken(Kind.TLS, failed);
    } finally {
      alarm.close();
    }
  }

  private TransportException late(Kind kind, String what) {
    Duration limit = kind == Kind.TLS ? settings.tlsTimeout() : settings.connectTimeout();
    String advice = kind == Kind.TLS ? TlsTrouble.LATE : "";
    return new TransportException(
        kind,
        "no " + what + " to " + target.address() + " within " + limit.toMillis() + " ms" + advice);
  }

  private TransportException broken(Kind kind, Throwable cause) {
    String where = target.address() + proxy.map(via -> " by " + via.address()).orElse("");
    boolean isTls = kind == Kind.TLS;
    String what = isTls ? "TLS with " : "no connection to ";
    String failed = isTls ? " failed: " : ": ";
    String why = isTls ? TlsTrouble.reason(cause, target.host()) : reason(cause);
    Kind told = cause instanceof ClosedByInterruptException ? Kind.CANCELLED : kind;
    return new TransportException(told, what + where + failed + why, cause);
  }

  private static String reason(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "the name is not known";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private void started() {
    log.debug("connection_open_start")
        .put("provider", provider)
        .put("upstream", target.address())
        .put("tls", target.secure())
        .emit();
  }

  private void finished(long start, String result, Throwable failure) {
    if (log.enabled(Level.DEBUG)) {
      log.debug("connection_open_finish")
          .put("provider", provider)
          .put("upstream", target.address())
          .put("result", result)
          .put("reason", failure == null ? null : failure.getMessage())
          .put("ms", (alarms.time().nanoTime() - start) / NANOS_PER_MILLI)
          .emit();
    }
  }

  /** What is wrong with a TLS handshake, and what helps, in words. */
  private static final class TlsTrouble {
    /** Said behind the limit that was met. */
    static final String LATE =
        "; if it does not speak TLS there, write http:// or the right port in its URL,"
            + " if it is slow, raise tls_timeout_seconds";

    private static final String IN_THE_CLEAR =
        "; write http:// in its URL, or the port at which it speaks TLS";

    private TlsTrouble() {}

    /**
     * Why it failed.
     *
     * @param host the one that was asked for
     */
    static String reason(Throwable failure, String host) {
      String said = String.valueOf(failure.getMessage());
      if (isCause(CertificateExpiredException.class, failure)
          || isCause(CertificateNotYetValidException.class, failure)) {
        return "its certificate is not valid today; renew it there, or set the clock here";
      }
      if (said.contains("PKIX path building")) {
        return "no trusted authority signed its certificate; name the PEM file of one in ca_file";
      }
      if (isCause(CertificateException.class, failure) && isAboutItsName(said)) {
        return "its certificate is not for "
            + host
            + "; ask by a name that stands in it, or have one made for this name";
      }
      if (said.contains("unrecognized SSL message")) {
        return "what answers there does not speak TLS" + IN_THE_CLEAR;
      }
      if (isOfTheConnection(failure)) {
        return "it ended the connection in the handshake; does it speak TLS there? If not"
            + IN_THE_CLEAR.substring(1);
      }
      return failure.getMessage() == null ? failure.getClass().getSimpleName() : said;
    }

    /** The words of the JDK's host name check; it has no exception of its own for that. */
    private static boolean isAboutItsName(String said) {
      return said.contains("No subject alternative") || said.contains("No name matching");
    }

    /** It ended, was reset or could not be written to: nothing that TLS itself found. */
    private static boolean isOfTheConnection(Throwable failure) {
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      return root instanceof IOException && !(root instanceof SSLException);
    }

    private static boolean isCause(Class<? extends Exception> kind, Throwable failure) {
      for (Throwable at = failure; at != null; at = at.getCause()) {
        if (kind.isInstance(at)) {
          return true;
        }
      }
      return false;
    }
  }
}
