package llm.server.tls;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Registration;
import llm.server.engine.ConnectionLayer;

/**
 * TLS 1.2 and 1.3 on the server's side, HTTP/1.1 by ALPN (RFC 7301) and for clients without ALPN.
 *
 * <p>The whole handshake has one deadline, however the client divides its bytes: an alarm closes
 * the accepted socket, which ends the read that waits. A client that speaks plain HTTP is told so
 * in plain HTTP.
 *
 * <p>Metrics: {@code tls_handshakes_total} by result, {@code
 * tls_certificate_expiry_timestamp_seconds}.
 */
public final class TlsLayer implements ConnectionLayer, AutoCloseable {
  private static final String[] ALPN = {"http/1.1"};

  /** What of a plain request is read and dropped, so that its client reads the answer. */
  private static final int MAX_DROPPED_BYTES = 64 * 1024;

  private static final byte[] PLAIN_ANSWER = plainAnswer();

  static {
    // A client of TLS 1.2 that keeps asking for new handshakes makes the server work for nothing;
    // the JDK reads this once, when the first context is made.
    String name = "jdk.tls.rejectClientInitiatedRenegotiation";
    if (System.getProperty(name) == null) {
      System.setProperty(name, "true");
    }
  }

  private final TlsSettings settings;
  private final Alarms alarms;
  private final CertificateWatch watch;
  private final Log log;
  private final Metrics.Counter handshakes;

  private TlsLayer(
      TlsSettings settings, TlsMaterial material, Telemetry telemetry, Alarms alarms, Executor io) {
    this.settings = settings;
    this.alarms = alarms;
    this.log = telemetry.log("llm.server.tls");
    this.handshakes =
        telemetry
            .metrics()
            .counter(
                "tls_handshakes_total",
                "TLS handshakes by how they ended: ok, failed, timeout, plain_http, closed.",
                "result");
    this.watch = new CertificateWatch(settings, material, telemetry, alarms, io);
  }

  /**
   * Loads the files and begins to watch them.
   *
   * @param alarms for the deadlines of handshakes and the looks at the files
   * @param io runs the looks, which block
   * @throws IOException when the files cannot serve; its message says which and why
   */
  public static TlsLayer open(TlsSettings settings, Telemetry telemetry, Alarms alarms, Executor io)
      throws IOException {
    try {
      return new TlsLayer(settings, TlsMaterial.load(settings), telemetry, alarms, io);
    } catch (TlsProblem wrong) {
      throw new IOException("server.tls." + wrong.setting() + ": " + wrong.getMessage(), wrong);
    }
  }

  /** Whether its certificate is signed by no authority, so that clients refuse it unasked. */
  public boolean isSelfSigned() {
    return watch.isSelfSigned();
  }

  @Override
  public Socket open(Socket accepted) throws IOException {
    var late = new AtomicBoolean();
    long limit = alarms.time().nanoTime() + settings.handshakeTimeout().toNanos();
    Registration alarm =
        alarms.at(
            limit,
            () -> {
              late.set(true);
              drop(accepted);
            });
    try {
      Socket secured = secure(accepted);
      handshakes.labels("ok").increment();
      return secured;
    } catch (IOException | RuntimeException failed) { // the JDK's parsers throw both
      drop(accepted);
      account(accepted, late.get() ? "timeout" : resultOf(failed), failed);
      throw failed instanceof IOException io ? io : new SSLException("handshake failed", failed);
    } finally {
      alarm.close();
    }
  }

  private Socket secure(Socket accepted) throws IOException {
    InputStream in = accepted.getInputStream();
    int first = in.read();
    if (first < 0) {
      throw new EOFException("closed before its first byte");
    }
    if (first >= 'A' && first <= 'Z') { // a method's first letter; no version of TLS begins so
      refusePlain(accepted, in);
      throw new PlainHttpException();
    }
    SSLContext context = watch.context();
    var read = new ByteArrayInputStream(new byte[] {(byte) first});
    var socket = (SSLSocket) context.getSocketFactory().createSocket(accepted, read, true);
    socket.setUseClientMode(false);
    socket.setSSLParameters(parameters(context));
    socket.startHandshake();
    return socket;
  }

  private SSLParameters parameters(SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setProtocols(settings.protocols().toArray(String[]::new));
    parameters.setApplicationProtocols(ALPN);
    parameters.setUseCipherSuitesOrder(true);
    switch (settings.clientAuth()) {
      case NONE -> parameters.setNeedClientAuth(false);
      case OPTIONAL -> parameters.setWantClientAuth(true);
      case REQUIRED -> parameters.setNeedClientAuth(true);
    }
    return parameters;
  }

  private static void refusePlain(Socket accepted, InputStream in) throws IOException {
    accepted.getOutputStream().write(PLAIN_ANSWER);
    accepted.shutdownOutput();
    in.readNBytes(MAX_DROPPED_BYTES); // until the client closes; the deadline holds here too
  }

  private void account(Socket accepted, String result, Exception failed) {
    handshakes.labels(result).increment();
    log.debug("tls_handshake_failed")
        .put("result", result)
        .put("remote", String.valueOf(accepted.getRemoteSocketAddress()))
        .put("message", String.valueOf(failed.getMessage()))
        .emit();
  }

  private static String resultOf(Exception failed) {
    return switch (failed) {
      case PlainHttpException _ -> "plain_http";
      case SSLException _ -> "failed";
      case IOException _ -> "closed";
      default -> "failed";
    };
  }

  private void drop(Socket socket) {
    try {
      socket.close();
    } catch (IOException failed) {
      log.debug("tls_close_failed").cause(failed).emit();
    }
  }

  /** Looks at the files no more; sockets that it made stay. */
  @Override
  public void close() {
    watch.close();
  }

  private static byte[] plainAnswer() {
    String body = "This port speaks TLS: use https:// in place of http://.\n";
    String head =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: "
            + body.length()
            + "\r\nConnection: close\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.US_ASCII);
  }

  /** A client that speaks plain HTTP; it was answered. */
  private static final class PlainHttpException extends IOException {
    private static final long serialVersionUID = 1L;

    private PlainHttpException() {
      super("plain HTTP on a port that speaks TLS");
    }
  }
}
