package llm.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llm.server.engine.ConnectionLayer;
import llm.server.engine.EngineProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Request smuggling (RFC 9112, section 11.2): each probe carries a second request, hidden where
 * another reader would see a body, or the reverse. It must never run, and an answer that comes must
 * be the only one. The probes are those that public tools send, and more of their kind.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SmugglingTest {
  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String POST = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";

  private final AtomicInteger hidden = new AtomicInteger();
  private TestServer server;

  @BeforeEach
  void open() throws IOException {
    server =
        TestServer.open(
            TestServer.work(
                "POST",
                "/echo",
                request ->
                    Response.json(
                        200,
                        ("\"" + request.body().json().length + "\"")
                            .getBytes(StandardCharsets.US_ASCII))),
            TestServer.work(
                "POST", "/deaf", _ -> Response.json(200, "1".getBytes(StandardCharsets.US_ASCII))),
            TestServer.work(
                "GET",
                "/hidden",
                _ -> {
                  hidden.incrementAndGet();
                  return Response.json(200, "\"hidden\"".getBytes(StandardCharsets.US_ASCII));
                }));
  }

  @AfterEach
  void close() {
    server.close();
  }

  /**
   * Everything that comes back until the server closes; the client half-closes after {@code text}.
   */
  private String send(String text) throws IOException {
    try (Socket socket = server.raw(text)) {
      socket.shutdownOutput();
      var all = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(all);
      return all.toString(StandardCharsets.ISO_8859_1);
    }
  }

  /** The statuses of the answers, in order. */
  private static List<Integer> statuses(String answer) {
    var found = new ArrayList<Integer>();
    for (int at = answer.indexOf("HTTP/1.1 "); at >= 0; at = answer.indexOf("HTTP/1.1 ", at + 1)) {
      found.add(Integer.parseInt(answer.substring(at + 9, at + 12)));
    }
    return found;
  }

  private void assertRefused(String request) throws IOException {
    assertThat(statuses(send(request)))
        .as(readable(request))
        .singleElement()
        .satisfies(status -> assertThat(status).isIn(400, 501, 505));
    assertThat(hidden).as(readable(request)).hasValue(0);
  }

  private static String readable(String request) {
    var out = new StringBuilder();
    for (char c : request.toCharArray()) {
      out.append(c >= ' ' && c < 0x7f ? String.valueOf(c) : String.format("\\x%02x", (int) c));
    }
    return out.toString();
  }

  /** A gadget before a length that covers the hidden request, in a body that chunks would end. */
  private static String underLength(String gadget) {
    String body = "0\r\n\r\n" + HIDDEN;
    return POST + gadget + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void anOpenSecondRequestRuns() throws IOException {
    String answer = send(POST + "Content-Length: 2\r\n\r\nab" + HIDDEN);

    assertThat(statuses(answer)).containsExactly(200, 200);
    assertThat(hidden).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked",
        "Transfer-Encoding:chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: chunked ",
        "Transfer-Encoding: chunked\t",
        "TrAnSFer-EnCODinG: cHuNkeD",
        " Transfer-Encoding: chunked",
        "\tTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding\r\n: chunked",
        "Transfer-Encoding\n: chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding:\n chunked",
        "Transfer Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunk",
        "Transfer-Encoding: cow chunked bar",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: 'chunked'",
        "Transfer-Encoding: ",
        "Transfer-Encoding:",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
        "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding\r: chunked",
        "Transfer\r-Encoding: chunked",
        "X: x\rTransfer-Encoding: chunked",
        "X: x\nTransfer-Encoding: chunked",
        "X: x\r\rTransfer-Encoding: chunked",
        "X: x\0Transfer-Encoding: chunked",
        "X: x\r\n Transfer-Encoding: chunked",
        "X: x\r\n\tTransfer-Encoding: chunked",
        ": x\r\nTransfer-Encoding: chunked",
        "x\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r",
        "Transfer-Encoding: chun\0ked",
      })
  void refusesACodingBesideALength(String gadget) throws IOException {
    assertRefused(underLength(gadget));
  }

  @Test
  void refusesACodingWithAnyStrangeByteAtAnyPlace() throws IOException {
    for (int c = 0; c <= 0xff; c++) {
      if (c > 0x20 && c < 0x7f) {
        continue;
      }
      char b = (char) c;
      assertRefused(underLength("Transfer-Encoding:" + b + "chunked"));
      assertRefused(underLength("Transfer-Encoding" + b + ": chunked"));
      assertRefused(underLength(b + "Transfer-Encoding: chunked"));
      assertRefused(underLength("Transfer-Encoding: chunked" + b));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer_Encoding: chunked",
        "Content-Encoding: identity",
        "X-Transfer-Encoding: chunked",
        "TE: chunked",
        "Connection: Content-Length",
        "Connection: keep-alive, Transfer-Encoding",
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
        "X-HTTP-Method-Override: GET",
      })
  void otherFieldsDoNotChangeWhereABodyEnds(String gadget) throws IOException {
    String answer = send(underLength(gadget));

    assertThat(statuses(answer)).containsExactly(200);
    assertThat(answer).endsWith("\"" + (5 + HIDDEN.length()) + "\"");
    assertThat(hidden).hasValue(0);
  }

  @Test
  void aBodyInACodingThatIsNotUnderstoodHidesNoRequest() throws IOException {
    assertThat(statuses(send(underLength("Content-Encoding: chunked")))).containsExactly(415);
    assertThat(hidden).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: 5,",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: -0",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5;",
        "Content-Length: 5e0",
        "Content-Length: 5.0",
        "Content-Length: \"5\"",
        "Content-Length: five",
        "Content-Length: ",
        "Content-Length:",
        "Content-Length: \0005",
        "Content-Length: 5\000",
        "Content-Length: \u00b25",
        "Content-Length: 4294967301",
        "Content-Length: 18446744073709551621",
        "Content-Length: 99999999999999999999999999999999999",
        "Content-Length : 5",
        " Content-Length: 5",
        "Content-Length: 5\r\n Content-Length: 6",
        "Content-Length:\r\n 5",
        "Content-Length\r\n: 5",
        "Content-Length: 5\nContent-Length: 0",
        "Content-Length: 5\rContent-Length: 0",
      })
  void refusesALengthThatCouldBeReadTwice(String gadget) throws IOException {
    String answer = send(POST + gadget + "\r\n\r\nabcde" + HIDDEN);

    assertThat(statuses(answer)).as(readable(gadget)).hasSize(1);
    assertThat(statuses(answer).getFirst()).isIn(400, 413);
    assertThat(hidden).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\nabcde\r\n0\r\n\r\n",
        "5\r\nabcde\n0\r\n\r\n",
        "5\r\nabcde\r\n0\n\n",
        "5\r\nabcdeXX0\r\n\r\n",
        "5\r\nabcdefg\r\n0\r\n\r\n",
        "5\r\nabc\r\n0\r\n\r\n",
        "0x5\r\nabcde\r\n0\r\n\r\n",
        "+5\r\nabcde\r\n0\r\n\r\n",
        "-5\r\nabcde\r\n0\r\n\r\n",
        " 5\r\nabcde\r\n0\r\n\r\n",
        "5 \r\nabcde\r\n0\r\n\r\n",
        "5\t\r\nabcde\r\n0\r\n\r\n",
        "5 5\r\nabcde\r\n0\r\n\r\n",
        "5 x\r\nabcde\r\n0\r\n\r\n",
        "5 0\r\nabcde\r\n0\r\n\r\n",
        "5,\r\nabcde\r\n0\r\n\r\n",
        "5\0\r\nabcde\r\n0\r\n\r\n",
        "5\r\r\nabcde\r\n0\r\n\r\n",
        "5;a\nabcde\r\n0\r\n\r\n",
        "5;a\rb\r\nabcde\r\n0\r\n\r\n",
        "5;a=\0\r\nabcde\r\n0\r\n\r\n",
        "\r\nabcde\r\n0\r\n\r\n",
        ";a\r\nabcde\r\n0\r\n\r\n",
        "g\r\nabcde\r\n0\r\n\r\n",
        "100000005\r\nabcde\r\n0\r\n\r\n",
        "10000000000000005\r\nabcde\r\n0\r\n\r\n",
        "fffffffffffffffffffffb\r\nabcde\r\n0\r\n\r\n",
        "5\r\nabcde\r\n0\r\n bad\r\n\r\n",
        "5\r\nabcde\r\n0\r\nbad\r\n\r\n",
        "5\r\nabcde\r\n0\r\nA : b\r\n\r\n",
        "5\r\nabcde\r\n0\r\nA: b\n\r\n",
        "5\r\nabcde\r\n0\r\nA: \0\r\n\r\n",
        "5\r\nabcde\r\n00 \r\n\r\n",
      })
  void refusesChunksThatCouldBeReadTwice(String body) throws IOException {
    String head = "Transfer-Encoding: chunked\r\n\r\n";
    String answer = send(POST + head + body + HIDDEN);

    assertThat(statuses(answer)).as(readable(body)).hasSizeLessThanOrEqualTo(1);
    assertThat(statuses(answer)).allSatisfy(status -> assertThat(status).isIn(400, 413));
    assertThat(hidden).as(readable(body)).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\nabcde\r\n0\r\n\r\n",
        "zz\r\nabcde\r\n0\r\n\r\n",
        "5\r\nabcdeXX0\r\n\r\n",
        "5\r\nabcde\r\n0\r\nbad\r\n\r\n",
      })
  void brokenChunksThatNobodyReadGetNoSecondAnswer(String body) throws IOException {
    String head = "POST /deaf HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

    assertThat(statuses(send(head + body + HIDDEN))).as(readable(body)).containsExactly(200);
    assertThat(hidden).as(readable(body)).hasValue(0);
  }

  /** The engine alone, with a handler that looks at no body. */
  @ParameterizedTest
  @ValueSource(strings = {"zz\r\nabcde\r\n0\r\n\r\n", "5\r\nabcdeXX0\r\n\r\n"})
  void aBodyThatTheHandlerLeftGetsNoSecondAnswer(String body) throws IOException {
    var provider =
        new EngineProvider(
            TestServer.DEFAULTS.limits(), ConnectionLayer.PLAIN, server.alarms, server.telemetry);
    var engine = provider.createHttpServer(new InetSocketAddress("127.0.0.1", 0), 10);
    engine.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    engine.start();
    try (var socket = new Socket("127.0.0.1", engine.getAddress().getPort())) {
      socket.setSoTimeout(20_000);
      String head = POST + "Transfer-Encoding: chunked\r\n\r\n";
      socket.getOutputStream().write((head + body + HIDDEN).getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      byte[] answer = socket.getInputStream().readAllBytes();

      assertThat(statuses(new String(answer, StandardCharsets.US_ASCII))).containsExactly(204);
    } finally {
      engine.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\r\nabcde\r\n0\r\n\r\n",
        "5;a=b;c=\"d\"\r\nabcde\r\n0\r\n\r\n",
        "5 ; a\r\nabcde\r\n0\r\n\r\n",
        "00005\r\nabcde\r\n000\r\n\r\n",
        "5\r\nabcde\r\n0\r\nContent-Length: 999\r\nTransfer-Encoding: x\r\nHost: other\r\n\r\n",
      })
  void soundChunksEndWhereTheyEnd(String body) throws IOException {
    String answer = send(POST + "Transfer-Encoding: chunked\r\n\r\n" + body + HIDDEN);

    assertThat(statuses(answer)).as(readable(body)).containsExactly(200, 200);
    assertThat(hidden).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /hidden HTTP/1.1\nHost: localhost\n\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\n\r\n",
        "GET  /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET\t/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        " GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1.1 \r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1.10\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/01.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden http/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/2.0\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1,1\r\nHost: localhost\r\n\r\n",
        "GET /hidden\r\nHost: localhost\r\n\r\n",
        "GET /hidden\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden#x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hid\0den HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hid\u00e9den HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http:///hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET ftp://localhost/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://a b/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://u@localhost/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "G\u00c9T /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1.1\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /hidden HTTP/1.1\r\n Host: localhost\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nNo colon\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\n: no name\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nA: \u007f\r\n\r\n",
        "GET /hidden HTTP/1.1\r\nHost: localhost\r\nA: b\rc: d\r\n\r\n",
        "GET /hidden HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      })
  void refusesAHeadThatAnotherReaderWouldRepair(String request) throws IOException {
    assertRefused(request);
  }

  @Test
  void anAnswerToHeadOrToARefusalIsTheOnlyOne() throws IOException {
    String lie = "GET /hidden HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n";
    String answer = send(lie + "abcde" + "GARBAGE\r\n\r\n" + HIDDEN);

    assertThat(statuses(answer)).containsExactly(200, 400);
    assertThat(hidden).hasValue(1);
  }
}
