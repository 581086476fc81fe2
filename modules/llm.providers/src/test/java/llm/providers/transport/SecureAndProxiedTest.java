package llm.providers.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.core.testkit.TestAuthority;
import llm.domain.call.CancelReason;
import llm.providers.transport.TransportSettings.Client;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS, its certificates and its stalls; proxies, their tunnels and their refusals. */
@Timeout(60)
class SecureAndProxiedTest {
  private static final String USER = "user:p@ss:word";
  private static TestAuthority authority;
  private static Path caFile;

  @BeforeAll
  static void writeTheAuthority(@TempDir Path folder) throws IOException {
    authority = TestAuthority.create();
    caFile = Files.writeString(folder.resolve("ca.pem"), authority.pem());
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void speaksTlsWithAnAuthorityOfOnesOwnAndKeepsTheConnection(Client client) {
    try (var upstream = FaultUpstream.open(authority.server("localhost"));
        var rig = Rig.open(client, upstream, "ca_file: " + caFile)) {
      upstream.answer(Reply.ok("text/plain", "one"), Reply.events("a", "b"));
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(rig.outcome()).isEqualTo("200 data: a\n\ndata: b\n\n");
      assertThat(upstream.connections()).isEqualTo(1);
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void anAddressMayStandInTheCertificate(Client client) {
    try (var upstream = FaultUpstream.open(authority.server("127.0.0.1"));
        var rig = Rig.open(client, "https://127.0.0.1:" + upstream.port(), "ca_file: " + caFile)) {
      upstream.answer(Reply.ok("text/plain", "one"));
      assertThat(rig.outcome()).isEqualTo("200 one");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void refusesCertificatesOfAnotherNameTimeOrAuthority(Client client) {
    var stranger = TestAuthority.create();
    for (var context :
        new SSLContext[] {
          authority.server("other.test"),
          authority.expiredServer("localhost"),
          stranger.server("localhost")
        }) {
      try (var upstream = FaultUpstream.open(context);
          var rig = Rig.open(client, upstream, "ca_file: " + caFile)) {
        assertThat(rig.outcome()).isEqualTo("TLS");
        assertThat(upstream.requests()).isEmpty();
        rig.requireNothingLeaked();
      }
    }
  }

  @Test
  void saysWhatToDoAboutAnUnknownAuthority() {
    try (var upstream = FaultUpstream.open(authority.server("localhost"));
        var rig = Rig.open(Client.LEAN, upstream);
        var call = rig.call()) {
      assertThatThrownBy(() -> rig.transport.send(Rig.get("/x"), call))
          .hasMessageContaining("ca_file");
    }
  }

  @Test
  void saysWhatToDoAboutEachFailureOfAHandshake() throws Exception {
    saysWhatToDo(authority.server("other.test"), "is not for localhost; ask by a name");
    saysWhatToDo(authority.expiredServer("localhost"), "not valid today; renew it");
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, "https://localhost:" + upstream.port());
        var call = rig.call()) {
      upstream.greet(
          Reply.raw("HTTP/1.1 400 Bad Request\r\n\r\n").fin(),
          Reply.nothing().fin(),
          Reply.nothing().reset());
      for (String said : List.of("does not speak TLS; write", "does it speak", "does it speak")) {
        assertThatThrownBy(() -> rig.transport.send(Rig.get("/x"), call))
            .hasMessageContaining(said)
            .hasMessageContaining("http://");
      }
      upstream.greet(Reply.nothing().awaitClose());
      var stalled =
          Rig.start(() -> {
            try (var late = rig.call()) {
              return String.valueOf(
                  catchThrowable(() -> rig.transport.send(Rig.get("/x"), late)).getMessage());
            }
          });
      upstream.awaitConnections(4);
      assertThat(rig.advanceUntil(stalled, Duration.ofSeconds(1)))
          .contains("tls_timeout_seconds", "http://");
    }
  }

  private static void saysWhatToDo(SSLContext context, String said) {
    try (var upstream = FaultUpstream.open(context);
        var rig = Rig.open(Client.LEAN, upstream, "ca_file: " + caFile);
        var call = rig.call()) {
      assertThatThrownBy(() -> rig.transport.send(Rig.get("/x"), call)).hasMessageContaining(said);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void anUpstreamWithoutTlsIsATlsFailure(Client client) {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(client, "https://localhost:" + upstream.port())) {
      upstream.greet(Reply.raw("HTTP/1.1 400 Bad Request\r\n\r\n").fin());
      assertThat(rig.outcome()).isEqualTo("TLS");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aStalledOrCutHandshakeIsATlsFailure() throws Exception {
    try (var upstream = FaultUpstream.open();
        var rig = Rig.open(Client.LEAN, "https://localhost:" + upstream.port());
        var call = rig.call()) {
      upstream.greet(Reply.nothing().fin(), Reply.nothing().reset());
      assertThat(rig.outcome()).isEqualTo("TLS");
      assertThat(rig.outcome()).isEqualTo("TLS");
      upstream.greet(Reply.nothing().awaitClose(), Reply.nothing().awaitClose());
      var stalled = Rig.start(rig::outcome);
      upstream.awaitConnections(3);
      assertThat(rig.advanceUntil(stalled, Duration.ofSeconds(1))).isIn("TLS", "CONNECT");
      var cancelled = Rig.start(() -> rig.outcome(Rig.get("/x"), call));
      upstream.awaitConnections(4);
      call.cancel(CancelReason.USER);
      assertThat(Rig.await(cancelled)).isEqualTo("CANCELLED");
      upstream.awaitEnded(4);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aSecureConnectionClosedWhileItRestedIsNotUsed() {
    try (var upstream = FaultUpstream.open(authority.server("localhost"));
        var rig = Rig.open(Client.LEAN, upstream, "ca_file: " + caFile)) {
      upstream.otherwise(request -> Reply.ok("text/plain", "x"));
      assertThat(rig.outcome()).isEqualTo("200 x");
      upstream.awaitIdle(1);
      upstream.closeIdle();
      upstream.awaitEnded(1);
      assertThat(rig.outcome()).isEqualTo("200 x");
      assertThat(upstream.connections()).isEqualTo(2);
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aTruncatedSecureBodyIsACut() {
    try (var upstream = FaultUpstream.open(authority.server("localhost"));
        var rig = Rig.open(Client.LEAN, upstream, "ca_file: " + caFile)) {
      upstream.answer(
          Reply.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").reset(),
          Reply.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").fin());
      assertThat(rig.outcome()).isEqualTo("200 CUT");
      assertThat(rig.outcome()).isEqualTo("200 CUT");
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void asksAProxyForThePlainUpstreamByItsWholeUrl(Client client) {
    try (var proxy = FaultUpstream.open();
        var rig = proxied(client, proxy, "http://models.test:8080/v1", "")) {
      proxy.answer(Reply.ok("text/plain", "by proxy"));
      assertThat(rig.outcome(Rig.get("/models?a=b"))).isEqualTo("200 by proxy");
      Received seen = proxy.take();
      assertThat(seen.target()).isEqualTo("http://models.test:8080/v1/models?a=b");
      assertThat(seen.headers("host")).containsExactly("models.test:8080");
      rig.requireNothingLeaked();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void sendsTheProxyItsCredentials(Client client) {
    try (var proxy = FaultUpstream.open();
        var rig = proxied(client, proxy, "http://models.test", "user:p%40ss%3Aword")) {
      proxy.answer(Reply.ok("text/plain", "by proxy"));
      assertThat(rig.outcome()).isEqualTo("200 by proxy");
      assertThat(proxy.take().headers("proxy-authorization")).containsExactly(basic());
      assertThat(rig.telemetry.events().toString()).doesNotContain("p@ss").doesNotContain(basic());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAN", "JDK"})
  void goesThroughATunnelToASecureUpstream(Client client) {
    try (var upstream = FaultUpstream.open(authority.server("models.test"));
        var proxy = FaultUpstream.open();
        var rig = proxied(client, proxy, "https://models.test:" + upstream.port(), "")) {
      proxy.answer(Reply.raw("HTTP/1.1 200 Connected\r\n\r\n").tunnel(upstream.port()));
      upstream.answer(Reply.ok("text/plain", "one"), Reply.ok("text/plain", "two"));
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(rig.outcome()).isEqualTo("200 two");
      Received connect = proxy.take();
      assertThat(connect.method() + " " + connect.target())
          .isEqualTo("CONNECT models.test:" + upstream.port());
      assertThat(proxy.requests()).hasSize(1);
      assertThat(upstream.requests().getFirst().target()).isEqualTo("/x");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aTunnelWithCredentialsKeepsThemFromTheUpstream() {
    try (var upstream = FaultUpstream.open(authority.server("models.test"));
        var proxy = FaultUpstream.open();
        var rig =
            proxied(
                Client.LEAN,
                proxy,
                "https://models.test:" + upstream.port(),
                "user:p%40ss%3Aword")) {
      proxy.answer(Reply.raw("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n").tunnel(upstream.port()));
      upstream.answer(Reply.ok("text/plain", "one"));
      assertThat(rig.outcome()).isEqualTo("200 one");
      assertThat(proxy.take().headers("proxy-authorization")).containsExactly(basic());
      assertThat(upstream.take().header("proxy-authorization")).isEmpty();
    }
  }

  @Test
  void aProxyThatOpensNoTunnelIsNoConnection() throws Exception {
    try (var proxy = FaultUpstream.open();
        var rig = proxied(Client.LEAN, proxy, "https://models.test", "");
        var call = rig.call()) {
      proxy.answer(
          Reply.whole(502, "text/plain", "no route"),
          Reply.raw("garbage\r\n\r\n"),
          Reply.nothing().fin(),
          Reply.raw("HTTP/1.1 200 OK\r\n\r\nearly").awaitClose(),
          Reply.whole(407, "text/plain", "who?", "Proxy-Authenticate: Basic"),
          Reply.nothing().awaitClose());
      for (int i = 0; i < 4; i++) {
        assertThat(rig.outcome()).isEqualTo("CONNECT");
      }
      assertThatThrownBy(() -> rig.transport.send(Rig.get("/x"), call))
          .hasMessageContaining("407")
          .hasMessageContaining("proxy_url");
      proxy.awaitEnded(5);
      var stalled = Rig.start(rig::outcome);
      assertThat(rig.advanceUntil(stalled, Duration.ofSeconds(2))).isEqualTo("CONNECT");
      rig.requireNothingLeaked();
    }
  }

  @Test
  void aProxyThatIsNotThereIsNoConnection() {
    var proxy = FaultUpstream.open();
    proxy.close();
    for (Client client : new Client[] {Client.LEAN, Client.JDK}) {
      for (String url : new String[] {"http://models.test", "https://models.test"}) {
        try (var rig = proxied(client, proxy, url, "")) {
          assertThat(rig.outcome()).isEqualTo("CONNECT");
          rig.requireNothingLeaked();
        }
      }
    }
  }

  private static Rig proxied(Client client, FaultUpstream proxy, String url, String userInfo) {
    return Rig.openWith(
        client,
        url,
        Map.of(
            "P",
            "http://" + (userInfo.isEmpty() ? "" : userInfo + "@") + "127.0.0.1:" + proxy.port()),
        "proxy_url: ${P}",
        "ca_file: " + caFile);
  }

  private static String basic() {
    return "Basic " + Base64.getEncoder().encodeToString(USER.getBytes());
  }
}
