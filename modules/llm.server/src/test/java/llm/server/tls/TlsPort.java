package llm.server.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;

/** A port whose connections go through the layer; each line is answered by itself. */
final class TlsPort implements AutoCloseable {
  static final Duration HANDSHAKE = Duration.ofSeconds(10);
  static final Duration LOOK = Duration.ofSeconds(5);
  private static final int READ_LIMIT_MILLIS = 20_000;

  final ManualClock clock = new ManualClock(java.time.Instant.now());
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final TlsLayer layer;

  /** How connections began: "ok", or why not. */
  final BlockingQueue<String> outcomes = new LinkedBlockingQueue<>();

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

  TlsPort(TlsSettings settings) throws IOException {
    layer = TlsLayer.open(settings, telemetry, clock, Runnable::run);
    Thread.startVirtualThread(this::accept);
  }

  static TlsSettings settings(Path folder) {
    return settings(folder, Optional.empty(), ClientAuth.NONE, List.of("TLSv1.3", "TLSv1.2"));
  }

  static TlsSettings settings(
      Path folder, Optional<Path> clientCa, ClientAuth clientAuth, List<String> protocols) {
    return new TlsSettings(
        folder.resolve("cert.pem"),
        folder.resolve("key.pem"),
        clientCa,
        clientAuth,
        protocols,
        HANDSHAKE,
        LOOK);
  }

  private void accept() {
    try {
      while (true) {
        Socket accepted = listener.accept();
        Thread.startVirtualThread(() -> serve(accepted));
      }
    } catch (IOException _) {
      outcomes.add("listener closed");
    }
  }

  private void serve(Socket accepted) {
    try (Socket socket = layer.open(accepted)) {
      outcomes.add("ok");
      var in = socket.getInputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        socket.getOutputStream().write(b);
      }
    } catch (IOException refused) {
      outcomes.add(String.valueOf(refused.getMessage()));
    }
  }

  String outcome() throws InterruptedException {
    String outcome = outcomes.poll(20, TimeUnit.SECONDS);
    return outcome == null ? "none within 20 s" : outcome;
  }

  Socket plain() throws IOException {
    var socket = new Socket(listener.getInetAddress(), listener.getLocalPort());
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    return socket;
  }

  /** A socket whose handshake is not begun. */
  SSLSocket client(SSLContext context) throws IOException {
    var socket = (SSLSocket) context.getSocketFactory().createSocket(plain(), "localhost", 0, true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    return socket;
  }

  /** Sends a word and reads it back: proof that both sides hold the connection for made. */
  static String echo(Socket socket) throws IOException {
    socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII);
  }

  /** Whose certificate a new connection sees. */
  String subject(SSLContext context) throws IOException {
    try (SSLSocket socket = client(context)) {
      echo(socket);
      return socket.getSession().getPeerPrincipal().getName();
    }
  }

  @Override
  public void close() throws IOException {
    layer.close();
    listener.close();
  }
}
