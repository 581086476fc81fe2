package llm.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.RecordingTelemetry;
import llm.server.engine.ConnectionLayer;
import llm.server.engine.EngineLimits;
import llm.server.tls.TestTls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients that mean harm, in the clear and through TLS: whatever they do, their connection ends
 * within its limits, nothing of it stays, and the next client is served.
 */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class HostileClientTest {
  private static final String GET = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String POST =
      "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n0123456789";

  /** Long enough for the first handshakes of a cold process on a busy machine. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(2);

  /** Of everything else; longer, or it would end handshakes before their own limit does. */
  private static final Duration LIMIT = Duration.ofMillis(2500);

  private static final byte[] ANSWER = "fine".getBytes(StandardCharsets.US_ASCII);

  /** How the port speaks. */
  enum Below {
    PLAIN,
    TLS
  }

  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError("an alarm threw", failure);
      });
  private TestTls tls;
  private HttpListener listener;

  /** Opens a port with short limits; each request is answered when its body was read. */
  private void open(Below below) throws Exception {
    open(below, LIMIT);
  }

  private void open(Below below, Duration idle) throws Exception {
    var limits = new EngineLimits(300, 8192, 50, LIMIT, LIMIT, LIMIT, idle, LIMIT);
    HttpSettings settings = DispatcherTest.withLimits(TestServer.DEFAULTS, limits);
    ConnectionLayer layer = ConnectionLayer.PLAIN;
    if (below == Below.TLS) {
      tls = TestTls.open(telemetry, alarms, HANDSHAKE);
      layer = tls.layer();
    }
    listener = HttpListener.bind(settings, layer, alarms, telemetry);
    listener.serve(exchange -> {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, ANSWER.length);
      exchange.getResponseBody().write(ANSWER);
      exchange.close();
    });
  }

  @AfterEach
  void close() {
    listener.close();
    if (tls != null) {
      tls.close();
    }
    alarms.close();
  }

  private Socket tcp() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), listener.address().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /** A connection on which HTTP can be spoken. */
  private Socket connect() throws IOException {
    return tls == null ? tcp() : tls.client(tcp());
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Nothing of what came before is left, and a client that behaves is served. */
  private void assertServesOn() throws IOException {
    await("connections are left", () -> metric("http_connections") == 0);
    try (Socket socket = connect()) {
      send(socket, GET);
      assertThat(TestServer.readUntil(socket.getInputStream(), "fine")).startsWith("HTTP/1.1 200");
    }
    assertThat(telemetry.trail()).doesNotContain("http_engine_failed", "http_handler_failed");
  }

  private double metric(String name) {
    return telemetry
        .metrics()
        .prometheusText()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  private static void await(String otherwise, BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(otherwise).isLessThan(until);
      Thread.onSpinWait();
    }
  }

  /** Sends one byte after the other, never silent for long, until the server ends it. */
  private static void drip(Socket socket, String text) throws IOException {
    socket.setSoTimeout(20);
    for (int sent = 0; sent < 1_000; sent++) {
      try {
        send(socket, String.valueOf(text.charAt(sent % text.length())));
        if (socket.getInputStream().read() < 0) {
          return;
        }
      } catch (SocketTimeoutException _) {
        continue; // nothing came back yet: on with it
      } catch (IOException _) {
        return; // reset
      }
    }
    throw new AssertionError("a client that drips is never cut");
  }

  /** What a client sends at once, and then byte by byte, without end. */
  private record Dripping(String start, String drop) {}

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void clientsThatDripAreCutWhereverTheyAre(Below below) throws Exception {
    open(below);
    String post = "POST /x HTTP/1.1\r\nHost: localhost\r\n";
    String chunks = post + "Transfer-Encoding: chunked\r\n\r\n";
    var all =
        List.of(
            new Dripping("", "\r\n"),
            new Dripping("GET /", "x"),
            new Dripping("GET / HTTP/1.1\r\nHost: localhost\r\n", "A: b\r\n"),
            new Dripping(GET + "GET /", "x"),
            new Dripping(post + "Content-Length: 5000\r\n\r\n", "x"),
            new Dripping(chunks, "1\r\nx\r\n"),
            new Dripping(chunks + "5;", "x"),
            new Dripping(chunks + "0\r\n", "A: b\r\n"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var ends = new ArrayList<Future<?>>();
      for (Dripping client : all) {
        ends.add(threads.submit(() -> dripUntilCut(client)));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
    assertServesOn();
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "http_rejected_total{reason=\"head_timeout\"} 3",
            "http_rejected_total{reason=\"body_timeout\"} 4");
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void aBodyThatNeverStopsComingIsCutAndCounted(Below below) throws Exception {
    open(below);
    String chunks = "1\r\nx\r\n".repeat(1_000);
    try (Socket socket = connect()) {
      send(socket, "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      sendUntilCut(socket, chunks);
    }
    assertServesOn();
    assertThat(telemetry.metrics().prometheusText())
        .contains("http_rejected_total{reason=\"body_timeout\"} 1");
  }

  private static void sendUntilCut(Socket socket, String text) {
    try {
      while (true) {
        send(socket, text);
      }
    } catch (IOException cut) {
      assertThat(cut).isNotNull();
    }
  }

  private Void dripUntilCut(Dripping client) throws IOException {
    try (Socket socket = connect()) {
      send(socket, client.start());
      drip(socket, client.drop());
    }
    return null;
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void aLateRequestIsToldWhy(Below below) throws Exception {
    open(below);
    try (Socket head = connect();
        Socket body = connect()) {
      send(head, "GET / HT");
      send(body, POST);
      for (Socket late : List.of(head, body)) {
        String answer = new String(late.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(answer).startsWith("HTTP/1.1 408 ").contains("did not arrive in time");
      }
    }
    assertServesOn();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void clientsThatNeverBeginAreClosedAndDoNotKeepOthersOut(Below below) throws Exception {
    open(below);
    var silent = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 300; i++) { // as many as may be open
        silent.add(tcp());
      }
      await("all are taken", () -> metric("http_connections_total") >= 250); // and some cut since
      for (Socket socket : silent) {
        assertThat(ends(socket)).isTrue();
      }
      assertServesOn();
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  /** Whether the server ends the connection; what it says before does not matter. */
  private static boolean ends(Socket socket) {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException _) {
      return true;
    }
    return true;
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void aResetAtAnyPointLeavesNothingBehind(Below below) throws Exception {
    open(below);
    String whole = POST + "0123456789" + GET;
    for (int cut = 0; cut <= whole.length(); cut++) {
      try (Socket raw = tcp()) {
        Socket socket = tls == null ? raw : tls.client(raw);
        send(socket, whole.substring(0, cut));
        reset(raw);
      }
    }
    assertServesOn();
  }

  /** Closes by RST: nothing in order, no close_notify. */
  private static void reset(Socket raw) throws IOException {
    raw.setSoLinger(true, 0);
    raw.close();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void aResetWhileTheAnswerIsReadLeavesNothingBehind(Below below) throws Exception {
    open(below);
    for (int read = 0; read < 40; read++) {
      Socket raw = tcp();
      Socket socket = tls == null ? raw : tls.client(raw);
      send(socket, GET.repeat(50));
      socket.getInputStream().readNBytes(read);
      reset(raw);
    }
    assertServesOn();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void aClientThatPipelinesAndNeverReadsIsCut(Below below) throws Exception {
    open(below, Duration.ofSeconds(60)); // so that nothing but the limit of a write can end it
    try (Socket raw = tcp()) {
      Socket socket = tls == null ? raw : tls.client(raw);
      String many = GET.repeat(1_000);
      try {
        for (int i = 0; i < 100_000; i++) {
          send(socket, many); // in the end the server stops reading, then cuts
        }
        throw new AssertionError("100 million requests were taken from a client that never reads");
      } catch (IOException cut) {
        assertThat(cut).isNotNull();
      }
    }
    assertServesOn();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource
  void garbageBehindARequestEndsTheConnectionAfterItsAnswer(Below below) throws Exception {
    open(below);
    long seed = 20_260_102;
    var random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      byte[] garbage = new byte[1 + random.nextInt(3_000)];
      random.nextBytes(garbage);
      try (Socket socket = connect()) {
        send(socket, GET);
        socket.getOutputStream().write(garbage);
        InputStream in = socket.getInputStream();
        assertThat(TestServer.readUntil(in, "fine"))
            .as("seed %d, round %d", seed, round)
            .startsWith("HTTP/1.1 200");
        socket.shutdownOutput(); // not before: a client that leaves is owed no answer
        ends(socket);
      } catch (SocketException | SSLException _) {
        // garbage that the server did not read resets the connection
      }
    }
    assertServesOn();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource(names = "TLS")
  void handshakesLeftHalfDoneAreCutAndCounted(Below below) throws Exception {
    open(below);
    var half = new ArrayList<Socket>();
    byte[] hello = tls.hello();
    try {
      for (int i = 0; i < 200; i++) {
        Socket socket = tcp();
        socket.getOutputStream().write(hello, 0, 1 + i % (hello.length - 1));
        half.add(socket);
      }
      for (Socket socket : half) {
        assertThat(ends(socket)).isTrue();
      }
    } finally {
      for (Socket socket : half) {
        socket.close();
      }
    }
    assertServesOn();
    assertThat(telemetry.metrics().prometheusText())
        .contains("tls_handshakes_total{result=\"timeout\"} 200");
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource(names = "TLS")
  void aHandshakeWithoutARequestIsClosed(Below below) throws Exception {
    open(below);
    try (Socket socket = connect()) {
      ((SSLSocket) socket).startHandshake();
      assertThat(socket.getInputStream().read()).isEqualTo(-1); // close_notify, not a cut
    }
    assertServesOn();
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @EnumSource(names = "PLAIN")
  void aTlsHelloOnAPlainPortIsClosedWithoutAWord(Below below) throws Exception {
    open(below);
    byte[] hello = TestTls.helloOf(TestTls.anyClient());
    try (Socket socket = tcp()) {
      socket.getOutputStream().write(hello);
      assertThat(socket.getInputStream().read()).isEqualTo(-1); // and no reset
    }
    assertServesOn();
    assertThat(telemetry.metrics().prometheusText())
        .contains("http_rejected_total{reason=\"tls\"} 1");
  }
}
