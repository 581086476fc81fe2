package llm.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

class FaultUpstreamTest {
  private static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\nX-Key: k\r\n\r\n";

  @Test
  void answersInOrderOnOneConnectionAndRecordsWhatCame() throws Exception {
    try (var upstream = FaultUpstream.open();
        var client = new Socket("127.0.0.1", upstream.port())) {
      upstream.answer(Reply.raw("one").dripped(), Reply.raw("two").fin());
      client.getOutputStream().write(bytes(GET));
      assertThat(client.getInputStream().readNBytes(3)).isEqualTo(bytes("one"));
      upstream.awaitIdle(1);
      client.getOutputStream().write(bytes("POST /y HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"));
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes("two"));
      upstream.awaitEnded(1);
      assertThat(upstream.take().header("x-key")).contains("k");
      Received second = upstream.take();
      assertThat(second.method() + second.target() + second.body()).isEqualTo("POST/ybody");
      assertThat(second.connection()).isEqualTo(1);
    }
  }

  @Test
  void pausesAtAGateAndSeesTheClientLeave() throws Exception {
    var gate = new Gate();
    try (var upstream = FaultUpstream.open();
        var client = new Socket("127.0.0.1", upstream.port())) {
      upstream.answer(Reply.raw("a").pause(gate).send("b").awaitClose());
      client.getOutputStream().write(bytes(GET));
      assertThat(client.getInputStream().read()).isEqualTo('a');
      gate.awaitReached();
      assertThat(client.getInputStream().available()).isZero();
      gate.open();
      assertThat(client.getInputStream().read()).isEqualTo('b');
      client.shutdownOutput();
      upstream.awaitEnded(1);
    }
  }

  @Test
  void resetsAndRefuses() throws Exception {
    try (var upstream = FaultUpstream.open();
        var client = new Socket("127.0.0.1", upstream.port())) {
      upstream.answer(Reply.nothing().reset());
      client.getOutputStream().write(bytes(GET));
      InputStream in = client.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(SocketException.class);
      int port = upstream.port();
      upstream.refuse();
      assertThatThrownBy(() -> new Socket("127.0.0.1", port)).isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void closesAndTalksToIdleConnections() throws Exception {
    try (var upstream = FaultUpstream.open();
        var client = new Socket("127.0.0.1", upstream.port())) {
      upstream.answer(Reply.raw("x"));
      client.getOutputStream().write(bytes(GET));
      assertThat(client.getInputStream().read()).isEqualTo('x');
      upstream.awaitIdle(1);
      upstream.sendToIdle("!");
      upstream.closeIdle();
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes("!"));
    }
  }

  @Test
  void certificatesHoldForTheirNamesAndTimeOnly() throws Exception {
    var authority = TestAuthority.create();
    try (var good = FaultUpstream.open(authority.server("localhost", "127.0.0.1"));
        var wrongName = FaultUpstream.open(authority.server("other.test"));
        var expired = FaultUpstream.open(authority.expiredServer("localhost"));
        var stranger = FaultUpstream.open(TestAuthority.create().server("localhost"))) {
      good.answer(Reply.raw("secure").fin());
      assertThat(get(good, authority)).isEqualTo("secure");
      for (var bad : new FaultUpstream[] {wrongName, expired, stranger}) {
        assertThatThrownBy(() -> get(bad, authority)).isInstanceOf(SSLHandshakeException.class);
      }
    }
  }

  private static String get(FaultUpstream upstream, TestAuthority authority) throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    var pem = new ByteArrayInputStream(bytes(authority.pem()));
    store.setCertificateEntry(
        "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    try (var socket =
        (SSLSocket) context.getSocketFactory().createSocket("localhost", upstream.port())) {
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      return talk(socket);
    }
  }

  private static String talk(SSLSocket socket) throws IOException {
    socket.getOutputStream().write(bytes(GET));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
