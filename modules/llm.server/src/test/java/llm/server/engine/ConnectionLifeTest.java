package llm.server.engine;

import static llm.server.engine.TestEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpHandler;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of connections: limits, watch, drain, and what goes wrong. */
@Timeout(60)
class ConnectionLifeTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(150);

  private static EngineLimits limits(
      int connections, Duration head, Duration body, Duration idle, Duration write) {
    return new EngineLimits(connections, 16 * 1024, 100, head, body, LONG, idle, write);
  }

  /** A handler that says when it runs, and runs until it is told. */
  private static final class Gate implements HttpHandler {
    private final AtomicInteger entered = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);

    @Override
    public void handle(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
      entered.incrementAndGet();
      try {
        release.await();
      } catch (InterruptedException interrupted) {
        throw new IOException(interrupted);
      }
      TestEngine.ECHO.handle(exchange);
    }

    private void awaitEntered(int count) {
      await(count + " requests in the handler", () -> entered.get() >= count);
    }
  }

  // ---- requests

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    try (var engine = TestEngine.own(TestEngine.ECHO);
        var client = engine.connect()) {
      client.send(
          "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
              + "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "2\r\nde\r\n0\r\n\r\n"
              + "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.answer().body()).isEqualTo("POST /a abc");
      assertThat(client.answer().body()).isEqualTo("POST /b de");
      assertThat(client.answer().body()).isEqualTo("GET /c ");
    }
  }

  @Test
  void readsARequestThatComesByteByByte() throws Exception {
    String request = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok";
    try (var engine = TestEngine.own(TestEngine.ECHO);
        var client = engine.connect()) {
      for (char c : request.toCharArray()) {
        client.send(String.valueOf(c));
      }
      assertThat(client.answer().body()).isEqualTo("POST /x ok");
    }
  }

  @Test
  void asksForABodyThatWaitsToBeAskedFor() throws Exception {
    try (var engine = TestEngine.own(TestEngine.ECHO);
        var client = engine.connect()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(100);
      assertThat(client.send("ok").answer().body()).isEqualTo("POST / ok");
      assertThat(client.send(GET).answer().status()).isEqualTo(200);
    }
  }

  @Test
  void doesNotWaitForABodyThatItHasNotAskedFor() throws Exception {
    try (var engine = TestEngine.own(exchange -> TestEngine.answer(exchange, 403, "no"));
        var client = engine.connect()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      var answer = client.answer();
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.has("Connection: close")).isTrue();
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void anAnswerIsReadableAlthoughItsRequestWasNotRead() throws Exception {
    try (var engine = TestEngine.own(exchange -> TestEngine.answer(exchange, 413, "too much"));
        var client = engine.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
      client.send("x".repeat(500_000));
      assertThat(client.answer().body()).isEqualTo("too much");
      assertThat(client.rest()).isEmpty();
    }
  }

  // ---- limits of time

  @Test
  void aBodyThatStallsIsAnswered408() throws Exception {
    try (var engine = TestEngine.own(limits(9, LONG, SHORT, LONG, LONG), TestEngine.ECHO);
        var client = engine.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
      assertThat(client.answer().status()).isEqualTo(408);
      assertThat(client.rest()).isEmpty();
      assertThat(engine.metric("http_rejected_total{reason=\"body_timeout\"}")).isEqualTo(1);
    }
  }

  @Test
  void aClientThatNeverReadsIsDropped() throws Exception {
    var thrown = new CompletableFuture<IOException>();
    HttpHandler endless =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] piece = new byte[16 * 1024];
          try {
            while (true) {
              exchange.getResponseBody().write(piece);
              exchange.getResponseBody().flush();
            }
          } catch (IOException stalled) {
            thrown.complete(stalled);
            throw stalled;
          }
        };
    try (var engine = TestEngine.own(limits(9, LONG, LONG, LONG, SHORT), endless);
        var _ = engine.connect().send(GET)) {
      assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(StalledClientException.class);
      await("the connection to be forgotten", () -> engine.metric("http_connections") == 0);
    }
  }

  @Test
  void aLayerThatDoesNotOpenInTimeIsClosed() throws Exception {
    ConnectionLayer stalling =
        accepted -> {
          accepted.getInputStream().read();
          throw new IOException("no handshake came");
        };
    try (var alarms = new TimerThread(_ -> {})) {
      var limits = limits(9, SHORT, LONG, LONG, LONG);
      var engine = new Engine(limits, stalling, alarms, new RecordingTelemetry());
      engine.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      engine.start();
      try (var client = new RawClient(engine.getAddress().getPort())) {
        assertThat(client.rest()).isEmpty();
      } finally {
        engine.stop(0);
      }
    }
  }

  // ---- limits of number

  @Test
  void moreConnectionsThanMayBeAreAnswered503() throws Exception {
    try (var engine = TestEngine.own(limits(2, LONG, LONG, LONG, LONG), TestEngine.ECHO);
        var one = engine.connect();
        var two = engine.connect()) {
      assertThat(one.send(GET).answer().status()).isEqualTo(200);
      assertThat(two.send(GET).answer().status()).isEqualTo(200);
      try (var three = engine.connect()) {
        var answer = three.answer();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.has("Retry-After: 1")).isTrue();
        assertThat(answer.body()).contains("overloaded");
      }
      assertThat(engine.metric("http_rejected_total{reason=\"connections\"}")).isEqualTo(1);
      one.leave();
      await("a place", () -> engine.metric("http_connections") == 1);
      try (var four = engine.connect()) {
        assertThat(four.send(GET).answer().status()).isEqualTo(200);
      }
    }
  }

  /** A server socket that fails as it does when a process has no file descriptor left. */
  private static final class Exhausted extends ServerSocket {
    private final AtomicInteger left = new AtomicInteger(5);

    private Exhausted() throws IOException {
      super();
    }

    @Override
    public Socket accept() throws IOException {
      int failures = left.getAndDecrement();
      if (failures == 1) {
        throw new NoClassDefFoundError("classes do not load without a descriptor either");
      }
      if (failures > 0) {
        throw new SocketException("Too many open files");
      }
      return super.accept();
    }
  }

  @Test
  void goesOnAcceptingWhenThereAreFileDescriptorsAgain() throws Exception {
    var telemetry = new RecordingTelemetry();
    try (var alarms = new TimerThread(_ -> {})) {
      var engine =
          new Engine(new Exhausted(), TestEngine.LIMITS, ConnectionLayer.PLAIN, alarms, telemetry);
      engine.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      engine.createContext("/", TestEngine.ECHO);
      engine.start();
      try (var client = new RawClient(engine.getAddress().getPort())) {
        assertThat(client.send(GET).answer().status()).isEqualTo(200);
      } finally {
        engine.stop(0);
      }
    }
    assertThat(telemetry.events("http_accept_failed")).hasSize(1);
    assertThat(telemetry.events("http_accept_recovered").getFirst().text("failures")).contains("5");
  }

  // ---- the watch over the client

  /** What a handler learns about its client. */
  private static final class Watching implements HttpHandler {
    private final CompletableFuture<EngineExchange> entered = new CompletableFuture<>();
    private final CompletableFuture<Long> gone = new CompletableFuture<>();

    @Override
    public void handle(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
      exchange.getRequestBody().readAllBytes();
      var watched = (EngineExchange) exchange;
      watched.onClientGone(() -> gone.complete(System.nanoTime()));
      entered.complete(watched);
      gone.join();
      TestEngine.answer(exchange, 200, "nobody hears");
    }
  }

  @Test
  void noticesAClientThatClosesWhileItWaits() throws Exception {
    var watching = new Watching();
    try (var engine = TestEngine.own(watching);
        var client = engine.connect().send(GET)) {
      watching.entered.get(20, TimeUnit.SECONDS);
      client.leave();
      watching.gone.get(20, TimeUnit.SECONDS);
      await("the client is counted", () -> engine.metric("http_clients_gone_total") == 1);
      await("the connection to be forgotten", () -> engine.metric("http_connections") == 0);
    }
  }

  @Test
  void noticesAResetAfterABody() throws Exception {
    var watching = new Watching();
    try (var engine = TestEngine.own(watching);
        var client = engine.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
      watching.entered.get(20, TimeUnit.SECONDS);
      client.reset();
      watching.gone.get(20, TimeUnit.SECONDS);
      await("the connection to be forgotten", () -> engine.metric("http_connections") == 0);
    }
  }

  @Test
  void aHookThatComesLateRunsAtOnceAndOneThatIsClosedNever() throws Exception {
    var watching = new Watching();
    try (var engine = TestEngine.own(watching);
        var client = engine.connect().send(GET)) {
      var exchange = watching.entered.get(20, TimeUnit.SECONDS);
      var never = new CompletableFuture<Void>();
      exchange.onClientGone(() -> never.complete(null)).close();
      client.leave();
      watching.gone.get(20, TimeUnit.SECONDS);
      assertThat(never).isNotDone();
    }
  }

  @Test
  void whatTheWatchReadsBelongsToTheNextRequest() throws Exception {
    var gate = new Gate();
    try (var engine = TestEngine.own(gate);
        var client = engine.connect()) {
      client.send("GET /one HTTP/1.1\r\nHost: h\r\n\r\n");
      gate.awaitEntered(1);
      awaitMoment();
      client.send("POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n");
      client.send("x".repeat(3000));
      gate.release.countDown();
      assertThat(client.answer().body()).isEqualTo("GET /one ");
      assertThat(client.answer().body()).isEqualTo("POST /two " + "x".repeat(3000));
      assertThat(client.send(GET).answer().status()).isEqualTo(200);
    }
  }

  /** Waits longer than the engine does before it watches a client. */
  private static void awaitMoment() {
    long until = System.nanoTime() + 4 * Lookout.MOMENT_NANOS;
    while (System.nanoTime() < until) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aWatchedConnectionServesAgainAndAgain() throws Exception {
    HttpHandler slow =
        exchange -> {
          awaitMoment();
          TestEngine.ECHO.handle(exchange);
        };
    try (var engine = TestEngine.own(slow);
        var client = engine.connect()) {
      for (int i = 0; i < 5; i++) {
        client.send("GET /" + i + " HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.answer().body()).isEqualTo("GET /" + i + " ");
        await("it to be idle", () -> engine.metric("http_connections_idle") == 1);
      }
      client.leave();
      await("the connection to be forgotten", () -> engine.metric("http_connections") == 0);
    }
  }

  // ---- the end

  @Test
  void aDrainClosesWhoWaitsAndLetsWhoIsServedFinish() throws Exception {
    var gate = new Gate();
    try (var engine = TestEngine.own(gate);
        var idle = engine.connect();
        var busy = engine.connect();
        var watched = engine.connect()) {
      gate.release.countDown();
      idle.send(GET).answer();
      await("it to be idle", () -> engine.metric("http_connections_idle") >= 1);
      var slow = new Gate();
      engine.server.createContext("/slow", slow);
      busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
      watched.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
      slow.awaitEntered(2);
      engine.engine().drain();
      assertThat(idle.rest()).isEmpty();
      slow.release.countDown();
      for (RawClient client : new RawClient[] {busy, watched}) {
        var answer = client.answer();
        assertThat(answer.has("Connection: close")).isTrue();
        assertThat(answer.body()).isEqualTo("GET /slow ");
        assertThat(client.rest()).isEmpty();
      }
      try (var late = engine.connect()) {
        assertThat(late.send(GET).answer().has("Connection: close")).isTrue();
      }
    }
  }

  @Test
  void aStopWaitsForWhoIsServed() throws Exception {
    var gate = new Gate();
    try (var engine = TestEngine.own(gate);
        var client = engine.connect().send(GET)) {
      gate.awaitEntered(1);
      var stopped = CompletableFuture.runAsync(() -> engine.server.stop(20));
      await("the address to be free", () -> isRefused(engine));
      assertThat(stopped).isNotDone();
      gate.release.countDown();
      assertThat(client.answer().status()).isEqualTo(200);
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  private static boolean isRefused(TestEngine engine) {
    try (var _ = engine.connect()) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  @Test
  void aStopAtOnceInterruptsHandlers() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    var entered = new CountDownLatch(1);
    HttpHandler forever =
        _ -> {
          entered.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException _) {
            interrupted.complete(true);
          }
        };
    try (var engine = TestEngine.own(forever);
        var client = engine.connect().send(GET)) {
      entered.await();
      engine.server.stop(0);
      assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
      assertThatExceptionOfType(IOException.class).isThrownBy(client::answer);
    }
  }

  // ---- leaving HTTP

  private static HttpHandler switching(boolean late, CompletableFuture<TakenConnection> taken) {
    return exchange -> {
      if (late) {
        awaitMoment();
      }
      exchange.getResponseHeaders().set("Upgrade", "echo");
      exchange.getResponseHeaders().set("Connection", "Upgrade");
      taken.complete(((EngineExchange) exchange).takeOver());
    };
  }

  private static final String UPGRADE =
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n";

  @Test
  void givesAConnectionAwayWithWhatCameBehindTheHead() throws Exception {
    var taken = new CompletableFuture<TakenConnection>();
    try (var engine = TestEngine.own(switching(false, taken));
        var client = engine.connect().send(UPGRADE + "early")) {
      var answer = client.answer();
      assertThat(answer.status()).isEqualTo(101);
      assertThat(answer.has("Connection: Upgrade")).isTrue();
      assertThat(answer.has("Upgrade: echo")).isTrue();
      try (var connection = taken.get(20, TimeUnit.SECONDS)) {
        assertThat(connection.input().readNBytes(5)).asString().isEqualTo("early");
        assertThat(engine.metric("http_connections")).isEqualTo(1);
        connection.output().write("hello".getBytes());
        assertThat(client.text(5)).isEqualTo("hello");
      }
      assertThat(client.rest()).isEmpty();
      await("the connection to be forgotten", () -> engine.metric("http_connections") == 0);
    }
  }

  @Test
  void givesAWatchedConnectionAwayToo() throws Exception {
    var taken = new CompletableFuture<TakenConnection>();
    try (var engine = TestEngine.own(switching(true, taken));
        var client = engine.connect().send(UPGRADE)) {
      assertThat(client.answer().status()).isEqualTo(101);
      try (var connection = taken.get(20, TimeUnit.SECONDS)) {
        connection.readTimeout(Duration.ofMillis(20));
        assertThatExceptionOfType(java.net.SocketTimeoutException.class)
            .isThrownBy(() -> connection.input().read());
        connection.readTimeout(Duration.ZERO);
        client.send("first").send("second");
        assertThat(connection.input().readNBytes(11)).asString().isEqualTo("firstsecond");
        client.leave();
        assertThat(connection.input().read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void aConnectionGivenAwayIsClosedWithTheEngine() throws Exception {
    var taken = new CompletableFuture<TakenConnection>();
    try (var engine = TestEngine.own(switching(false, taken));
        var client = engine.connect().send(UPGRADE)) {
      client.answer();
      var connection = taken.get(20, TimeUnit.SECONDS);
      engine.server.stop(0);
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> {
            if (connection.input().read() < 0) {
              throw new EOFException();
            }
          });
    }
  }

  @Test
  void doesNotGiveAwayWhatWasBegun() throws Exception {
    var refusals = new ArrayList<String>();
    var tried = new CountDownLatch(1);
    HttpHandler wrong =
        exchange -> {
          try {
            ((EngineExchange) exchange).takeOver();
          } catch (IllegalStateException expected) {
            refusals.add(expected.getMessage());
          }
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, -1);
          try {
            ((EngineExchange) exchange).takeOver();
          } catch (IllegalStateException expected) {
            refusals.add(expected.getMessage());
          }
          tried.countDown();
        };
    try (var engine = TestEngine.own(wrong);
        var client = engine.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
      assertThat(client.answer().status()).isEqualTo(200);
      // The second attempt comes after the answer: it is waited for, not guessed.
      assertThat(tried.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(refusals).containsExactly("the request has a body left", "an answer was begun");
    }
  }
}
