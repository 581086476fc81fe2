package llm.server.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.HttpSettings;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6455, section 4, over raw sockets against the real server. */
@Timeout(60)
class HandshakeTest {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // of the RFC's example
  private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  /** The WebSockets of a server come after its timer, which it opens by itself. */
  private static final class Echoing implements Route.Handler {
    private WebSocketEndpoint endpoint;

    @Override
    public Response handle(Request request) throws LlmException {
      return endpoint.handle(request);
    }
  }

  static TestServer serve(HttpSettings.Engine engine) throws IOException {
    return serve(engine, _ -> new Rig.Echo());
  }

  static TestServer serve(HttpSettings.Engine engine, WebSocketEndpoint.Acceptor acceptor)
      throws IOException {
    var echoing = new Echoing();
    var server = TestServer.open(engine, new Route("GET", "/ws/echo", Route.Kind.MONITOR, echoing));
    var sockets = new WebSockets(server.alarms(), server.telemetry);
    echoing.endpoint =
        new WebSocketEndpoint(sockets, Rig.SETTINGS, List.of("one.v1", "two.v1"), acceptor);
    return server;
  }

  /** The head of an answer: status line and fields, names in lower case. */
  private static List<String> ask(TestServer server, String request) throws IOException {
    try (var socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      var lines = new ArrayList<String>();
      var line = new StringBuilder();
      for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
        line.append(b == '\r' || b == '\n' ? "" : Character.toString(b));
        if (b == '\n') {
          if (line.isEmpty()) {
            break;
          }
          int colon = line.indexOf(":");
          lines.add(
              colon < 0
                  ? line.toString()
                  : line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon));
          line.setLength(0);
        }
      }
      return lines;
    }
  }

  private static String get(String... fields) {
    return request("GET /ws/echo HTTP/1.1", fields);
  }

  private static String request(String line, String... fields) {
    return line + "\r\nHost: localhost\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
  }

  private static String[] good(String... more) {
    return Stream.concat(
            Stream.of(
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: " + KEY),
            Stream.of(more))
        .toArray(String[]::new);
  }

  @Test
  void answersTheExampleOfTheRfc() throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN)) {
      assertThat(ask(server, get(good())))
          .startsWith("HTTP/1.1 101 Switching Protocols")
          .contains("upgrade: websocket", "connection: Upgrade", "sec-websocket-accept: " + ACCEPT)
          .noneMatch(line -> line.startsWith("sec-websocket-protocol"))
          .noneMatch(line -> line.startsWith("sec-websocket-extensions"))
          .noneMatch(line -> line.startsWith("content-length"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade",
        "Upgrade: h2c, websocket\r\nConnection: UPGRADE",
        "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade",
        "Upgrade: websocket\r\nConnection: ,upgrade ,"
      })
  void takesWhatBrowsersAndProxiesMakeOfTheFields(String fields) throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN)) {
      var answer =
          ask(server, get(fields, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + KEY));
      assertThat(answer.getFirst()).contains(" 101 ");
    }
  }

  static List<Arguments> refusals() {
    String version = "Sec-WebSocket-Version: 13";
    String key = "Sec-WebSocket-Key: " + KEY;
    String upgrade = "Upgrade: websocket";
    String connection = "Connection: Upgrade";
    return List.of(
        Arguments.of("a plain GET", 426, get("Accept: */*")),
        Arguments.of("no Upgrade", 426, get(connection, version, key)),
        Arguments.of("another Upgrade", 426, get("Upgrade: h2c", connection, version, key)),
        Arguments.of("no Connection", 426, get(upgrade, version, key)),
        Arguments.of("another Connection", 426, get(upgrade, "Connection: close", version, key)),
        Arguments.of("no version", 426, get(upgrade, connection, key)),
        Arguments.of(
            "an old version", 426, get(upgrade, connection, "Sec-WebSocket-Version: 8", key)),
        Arguments.of(
            "a list of versions",
            426,
            get(upgrade, connection, "Sec-WebSocket-Version: 13, 8", key)),
        Arguments.of("HTTP/1.0", 426, request("GET /ws/echo HTTP/1.0", good())),
        Arguments.of("HEAD", 426, request("HEAD /ws/echo HTTP/1.1", good())),
        Arguments.of("POST", 405, request("POST /ws/echo HTTP/1.1", good("Content-Length: 0"))),
        Arguments.of("no key", 400, get(upgrade, connection, version)),
        Arguments.of("two keys", 400, get(good("Sec-WebSocket-Key: " + KEY))),
        Arguments.of(
            "a short key", 400, get(upgrade, connection, version, "Sec-WebSocket-Key: YWJj")),
        Arguments.of(
            "a key that is not base64",
            400,
            get(upgrade, connection, version, "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==")),
        Arguments.of("a body", 400, get(good("Content-Length: 1")) + "x"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void refuses(String what, int status, String request) throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN)) {
      var answer = ask(server, request);
      assertThat(answer.getFirst()).as(what).contains(" " + status + " ");
      if (status == 426) {
        assertThat(answer)
            .contains("upgrade: websocket", "sec-websocket-version: 13")
            .anyMatch(line -> line.startsWith("connection: ") && line.endsWith("upgrade"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Protocol: two.v1, one.v1",
        "Sec-WebSocket-Protocol: other, two.v1",
        "Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: two.v1",
        "Sec-WebSocket-Protocol: llm.key.c2VjcmV0, two.v1"
      })
  void choosesTheFirstSubprotocolThatItSpeaks(String offer) throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN)) {
      assertThat(ask(server, get(good(offer))))
          .contains("sec-websocket-protocol: two.v1")
          .noneMatch(line -> line.contains("llm.key"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", "ONE.V1", "llm.key.c2VjcmV0", ","})
  void agreesOnNoSubprotocolThatItDoesNotSpeak(String offer) throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN)) {
      var answer = ask(server, get(good("Sec-WebSocket-Protocol: " + offer)));
      assertThat(answer.getFirst()).contains(" 101 ");
      assertThat(answer).noneMatch(line -> line.startsWith("sec-websocket-protocol"));
    }
  }

  @Test
  void theAnswerOfAnAcceptorThatRefusesIsAnHttpError() throws Exception {
    WebSocketEndpoint.Acceptor refusing =
        _ -> {
          throw new LlmException(LlmError.InvalidRequest.of("no"));
        };
    try (var server = serve(HttpSettings.Engine.OWN, refusing)) {
      assertThat(ask(server, get(good())).getFirst()).contains(" 400 ");
      assertThat(server.telemetry.events("ws_closed")).isEmpty();
    }
  }

  @Test
  void theJdksEngineSaysWhatItNeeds() throws Exception {
    try (var server = serve(HttpSettings.Engine.JDK)) {
      assertThat(ask(server, get("Accept: */*")).getFirst()).contains(" 426 ");
      assertThat(ask(server, get("Upgrade: websocket", "Connection: Upgrade")).getFirst())
          .contains(" 426 ");
      assertThat(ask(server, get(good())).getFirst()).contains(" 501 ");
    }
  }

  @Test
  void theRequestIsOverWhenTheConnectionLives() throws Exception {
    try (var server = serve(HttpSettings.Engine.OWN);
        var socket = new Socket("127.0.0.1", server.port())) {
      // The first frame comes together with the head, as from a client that does not wait.
      socket.getOutputStream().write(get(good()).getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().write(ClientFrames.text("early"));
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8);
      assertThat(answer).isEqualTo("HTTP/1.1 101");
      var line = server.accessLine();
      assertThat(line.fields()).containsEntry("status", 101L).containsEntry("end", "upgraded");
      assertThat(server.telemetry.metrics().prometheusText()).contains("http_requests_active 0\n");
      awaitConnection(server); // it goes on when the request has had its line
      socket.getOutputStream().write(ClientFrames.close(1000, ""));
      byte[] rest = socket.getInputStream().readAllBytes();
      assertThat(new String(rest, StandardCharsets.ISO_8859_1)).contains("early");
    }
  }

  private static void awaitConnection(TestServer server) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (server.telemetry.metrics().sum("gateway_ws_connections").orElseThrow() != 1) {
      assertThat(System.nanoTime()).as("no connection is counted").isLessThan(until);
      Thread.onSpinWait();
    }
  }
}
