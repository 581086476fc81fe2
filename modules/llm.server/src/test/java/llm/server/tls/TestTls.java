package llm.server.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;
import llm.server.engine.ConnectionLayer;

/** TLS for tests of what lies above it: a layer with a certificate of its own, and its clients. */
public final class TestTls implements AutoCloseable {
  private final Path folder;
  private final TlsLayer layer;
  private final SSLContext clients;

  private TestTls(Path folder, TlsLayer layer, SSLContext clients) {
    this.folder = folder;
    this.layer = layer;
    this.clients = clients;
  }

  public static TestTls open(Telemetry telemetry, Alarms alarms, Duration handshake)
      throws IOException, GeneralSecurityException {
    Path folder = Files.createTempDirectory("llm-tls");
    var authority = new TestAuthority("Test Root");
    authority.issue("localhost", "EC").writeTo(folder);
    var settings =
        new TlsSettings(
            folder.resolve("cert.pem"),
            folder.resolve("key.pem"),
            Optional.empty(),
            ClientAuth.NONE,
            List.of("TLSv1.3", "TLSv1.2"),
            handshake,
            Duration.ZERO);
    return new TestTls(
        folder, TlsLayer.open(settings, telemetry, alarms, Runnable::run), authority.client());
  }

  public ConnectionLayer layer() {
    return layer;
  }

  /** A client's side over {@code tcp}, which it closes with itself. */
  public Socket client(Socket tcp) throws IOException {
    return clients.getSocketFactory().createSocket(tcp, "localhost", 0, true);
  }

  /** What a client sends first. */
  public byte[] hello() throws IOException {
    return helloOf(clients);
  }

  /** A client that trusts whom the JDK trusts. */
  public static SSLContext anyClient() throws GeneralSecurityException {
    return SSLContext.getDefault();
  }

  /** The first record that a client of {@code context} sends (RFC 8446, section 5.1). */
  public static byte[] helloOf(SSLContext context) throws IOException {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var tcp = new Socket(listener.getInetAddress(), listener.getLocalPort());
        Socket seen = listener.accept();
        var client =
            (SSLSocket) context.getSocketFactory().createSocket(tcp, "localhost", 0, true)) {
      seen.setSoTimeout(20_000);
      Thread.startVirtualThread(() -> {
        try {
          client.startHandshake();
        } catch (IOException _) {
          // nobody answers it
        }
      });
      byte[] head = seen.getInputStream().readNBytes(5);
      int length = (head[3] & 0xFF) << 8 | head[4] & 0xFF;
      byte[] whole = Arrays.copyOf(head, 5 + length);
      System.arraycopy(seen.getInputStream().readNBytes(length), 0, whole, 5, length);
      return whole;
    }
  }

  @Override
  public void close() {
    layer.close();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException left) {
      throw new java.io.UncheckedIOException(left);
    }
  }
}
