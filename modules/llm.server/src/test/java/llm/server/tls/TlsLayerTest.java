package llm.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS of the port, on real sockets; its clock is stepped by hand. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TlsLayerTest {
  @TempDir private Path folder;
  private TestAuthority authority;

  @BeforeEach
  void writePair() throws Exception {
    authority = new TestAuthority("Test Root");
    authority.issue("localhost", "EC").writeTo(folder);
  }

  @ParameterizedTest
  @CsvSource({"RSA, TLSv1.3", "RSA, TLSv1.2", "EC, TLSv1.3", "EC, TLSv1.2", "Ed25519, TLSv1.3"})
  void servesEachKindOfKeyAndProtocol(String algorithm, String protocol) throws Exception {
    authority.issue("localhost", algorithm).writeTo(folder);
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      client.setEnabledProtocols(new String[] {protocol});

      assertThat(TlsPort.echo(client)).isEqualTo("hello");
      assertThat(client.getSession().getProtocol()).isEqualTo(protocol);
      assertThat(port.telemetry.metrics().prometheusText())
          .contains("tls_handshakes_total{result=\"ok\"} 1");
    }
  }

  @Test
  void knowsWhetherAnAuthoritySignedItsCertificate() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.layer.isSelfSigned()).isFalse();
    }
    new TestAuthority("localhost").issue("localhost", "EC").writeTo(folder);
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.layer.isSelfSigned()).isTrue();
    }
  }

  @Test
  void sendsTheWholeChain() throws Exception {
    var pair = authority.issue("localhost", "EC");
    Files.writeString(
        folder.resolve("cert.pem"),
        "some words before\n"
            + pair.certificatePem()
            + TestAuthority.pem("CERTIFICATE", authority.certificate.getEncoded()));
    Files.writeString(folder.resolve("key.pem"), pair.keyPem());
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      TlsPort.echo(client);

      assertThat(client.getSession().getPeerCertificates())
          .containsExactly(pair.certificate(), authority.certificate);
    }
  }

  @Test
  void picksHttp11AmongWhatAClientOffers() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      var parameters = client.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      client.setSSLParameters(parameters);
      TlsPort.echo(client);

      assertThat(client.getApplicationProtocol()).isEqualTo("http/1.1");
    }
  }

  @Test
  void refusesAClientThatSpeaksHttp2Only() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      var parameters = client.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      client.setSSLParameters(parameters);

      assertThatThrownBy(client::startHandshake)
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("no_application_protocol");
    }
  }

  @Test
  void refusesAProtocolThatIsNotConfigured() throws Exception {
    var settings = TlsPort.settings(folder, Optional.empty(), ClientAuth.NONE, List.of("TLSv1.3"));
    try (var port = new TlsPort(settings);
        SSLSocket client = port.client(authority.client())) {
      client.setEnabledProtocols(new String[] {"TLSv1.2"});

      assertThatThrownBy(client::startHandshake).isInstanceOf(SSLException.class);
      assertThat(port.outcome()).contains("protocol_version");
      assertThat(port.telemetry.metrics().prometheusText())
          .contains("tls_handshakes_total{result=\"failed\"} 1");
    }
  }

  @Test
  void refusesAnotherHandshakeWithinAConnection() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      client.setEnabledProtocols(new String[] {"TLSv1.2"});
      TlsPort.echo(client);

      assertThatThrownBy(
              () -> {
                client.startHandshake();
                TlsPort.echo(client);
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void tellsPlainHttpThatThisPortSpeaksTls() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        Socket client = port.plain()) {
      client
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer)
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .contains("Connection: close\r\n")
          .endsWith("This port speaks TLS: use https:// in place of http://.\n");
      client.shutdownOutput();
      assertThat(port.outcome()).isEqualTo("plain HTTP on a port that speaks TLS");
      assertThat(port.telemetry.metrics().prometheusText())
          .contains("tls_handshakes_total{result=\"plain_http\"} 1");
    }
  }

  @Test
  void cutsAClientThatDripsItsHello() throws Exception {
    byte[] hello = hello();
    try (var port = new TlsPort(TlsPort.settings(folder));
        Socket client = port.plain()) {
      awaitAlarms(port, 2); // the look at the files, and this handshake's limit
      int steps = 20;
      for (int i = 0; i < steps; i++) {
        client.getOutputStream().write(hello[i]);
        assertThat(port.outcomes).isEmpty();
        port.clock.advance(TlsPort.HANDSHAKE.dividedBy(steps));
      }

      assertThat(isCut(client)).isTrue();
      assertThat(port.outcome()).isNotEqualTo("ok");
      assertThat(port.telemetry.events("tls_handshake_failed").getLast().text("result"))
          .contains("timeout");
    }
  }

  @Test
  void cutsAClientThatNeverSaysAWord() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        Socket client = port.plain()) {
      awaitAlarms(port, 2);
      port.clock.advance(TlsPort.HANDSHAKE);

      assertThat(client.getInputStream().read()).isEqualTo(-1);
      assertThat(port.outcome()).isNotEqualTo("ok");
      assertThat(port.clock.alarmCount()).isEqualTo(1);
    }
  }

  @Test
  void leavesAConnectionAloneOnceItsHandshakeIsDone() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket client = port.client(authority.client())) {
      TlsPort.echo(client);
      assertThat(port.clock.alarmCount()).isEqualTo(1);
      port.clock.advance(TlsPort.HANDSHAKE.multipliedBy(3));

      assertThat(TlsPort.echo(client)).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 20_260_102})
  void whateverAClientSendsTheConnectionEnds(long seed) throws Exception {
    var random = new Random(seed);
    byte[] hello = hello();
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      for (int round = 0; round < 150; round++) {
        byte[] bytes = hello.clone();
        int changes = 1 + random.nextInt(8);
        for (int i = 0; i < changes; i++) {
          bytes[random.nextInt(i == 0 ? 12 : bytes.length)] = (byte) random.nextInt(256);
        }
        try (Socket client = port.plain()) {
          client.getOutputStream().write(bytes, 0, 1 + random.nextInt(bytes.length));
          client.shutdownOutput();
          client.getInputStream().readAllBytes();
        } catch (IOException _) {
          // a reset is an end too
        }
        assertThat(port.outcome()).as("seed %d, round %d", seed, round).isNotEqualTo("ok");
      }
      assertThat(port.clock.alarmCount()).isEqualTo(1);
    }
  }

  @Test
  void asksForAClientCertificateWhenRequired() throws Exception {
    var staff = new TestAuthority("Staff Root");
    try (var port = new TlsPort(mutual(staff, ClientAuth.REQUIRED))) {
      var known = authority.client(staff.issue("ada", "EC"));
      var foreign = authority.client(authority.issue("eve", "EC"));

      try (SSLSocket client = port.client(known)) {
        assertThat(TlsPort.echo(client)).isEqualTo("hello");
        assertThat(port.outcome()).isEqualTo("ok");
      }
      try (SSLSocket client = port.client(authority.client())) {
        assertThatThrownBy(() -> TlsPort.echo(client)).isInstanceOf(IOException.class);
        assertThat(port.outcome()).contains("client certificate");
      }
      try (SSLSocket client = port.client(foreign)) {
        assertThatThrownBy(() -> TlsPort.echo(client)).isInstanceOf(IOException.class);
        assertThat(port.outcome()).isNotEqualTo("ok");
      }
    }
  }

  @Test
  void servesAClientWithoutCertificateWhenOptional() throws Exception {
    var staff = new TestAuthority("Staff Root");
    try (var port = new TlsPort(mutual(staff, ClientAuth.OPTIONAL));
        SSLSocket none = port.client(authority.client());
        SSLSocket known = port.client(authority.client(staff.issue("ada", "EC")))) {
      assertThat(TlsPort.echo(none)).isEqualTo("hello");
      assertThat(TlsPort.echo(known)).isEqualTo("hello");
    }
  }

  private TlsSettings mutual(TestAuthority clients, ClientAuth mode) throws Exception {
    Path file = folder.resolve("clients.pem");
    Files.writeString(file, TestAuthority.pem("CERTIFICATE", clients.certificate.getEncoded()));
    return TlsPort.settings(folder, Optional.of(file), mode, List.of("TLSv1.3", "TLSv1.2"));
  }

  private byte[] hello() throws Exception {
    return TestTls.helloOf(authority.client());
  }

  /** Whether it is over; by a reset where its last byte had not been read yet. */
  private static boolean isCut(Socket client) {
    try {
      return client.getInputStream().read() == -1;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  private static void awaitAlarms(TlsPort port, int count) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (port.clock.alarmCount() < count) {
      assertThat(System.nanoTime()).as("the handshake has no limit").isLessThan(until);
      Thread.onSpinWait();
    }
  }
}
