package llm.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.RecordingTelemetry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The JDK's API as handlers and starters see it. */
@Timeout(60)
class EngineApiTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }

  private static HttpHandler saying(String text) {
    return exchange -> TestEngine.answer(exchange, 200, text);
  }

  private interface Work {
    void on(Engine engine) throws Exception;
  }

  private static void with(Work work) throws Exception {
    try (var alarms = new TimerThread(_ -> {})) {
      var provider =
          new EngineProvider(
              TestEngine.LIMITS, ConnectionLayer.PLAIN, alarms, new RecordingTelemetry());
      Engine engine = provider.createHttpServer(null, 0);
      try {
        work.on(engine);
      } finally {
        engine.stop(0);
      }
      assertThatExceptionOfType(UnsupportedOperationException.class)
          .isThrownBy(() -> provider.createHttpsServer(ANY, 0));
    }
  }

  @Test
  void theLongestPathWins() throws Exception {
    try (var engine = TestEngine.own(saying("root"));
        var client = engine.connect()) {
      engine.server.createContext("/a", saying("a"));
      engine.server.createContext("/a/b", saying("ab"));
      assertThat(client.send(get("/a/b/c")).answer().body()).isEqualTo("ab");
      assertThat(client.send(get("/a/c")).answer().body()).isEqualTo("a");
      assertThat(client.send(get("/c")).answer().body()).isEqualTo("root");
      engine.server.removeContext("/a/b");
      assertThat(client.send(get("/a/b/c")).answer().body()).isEqualTo("a");
    }
  }

  @Test
  void aPathThatNoContextHasIsAnswered404() throws Exception {
    try (var engine = TestEngine.own(saying("root"))) {
      engine.server.removeContext("/");
      engine.server.createContext("/empty");
      for (String path : List.of("/other", "/empty")) {
        try (var client = engine.connect()) {
          assertThat(client.send(get(path)).answer().status()).isEqualTo(404);
        }
      }
    }
  }

  @Test
  void contextsAreSetUpOnceAndRightly() throws Exception {
    with(engine -> {
      var context = engine.createContext("/a");
      assertThat(context.getPath()).isEqualTo("/a");
      assertThat(context.getServer()).isSameAs(engine);
      context.getAttributes().put("k", "v");
      assertThat(context.getAttributes()).containsEntry("k", "v");
      context.setHandler(TestEngine.ECHO);
      assertThat(context.getHandler()).isSameAs(TestEngine.ECHO);
      assertThatIllegalArgumentException().isThrownBy(() -> context.setHandler(TestEngine.ECHO));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.createContext("/a"));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.createContext("a"));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.removeContext("/b"));
      engine.removeContext(context);
      engine.createContext("/a");
    });
  }

  @Test
  void startsOnceAndOnlyWhenBound() throws Exception {
    with(engine -> {
      assertThat(engine.getAddress()).isNull();
      assertThatIllegalStateException().isThrownBy(engine::start);
      engine.bind(ANY, 0);
      assertThatExceptionOfType(BindException.class).isThrownBy(() -> engine.bind(ANY, 0));
      assertThat(engine.getAddress().getPort()).isPositive();
      engine.start();
      assertThatIllegalStateException().isThrownBy(engine::start);
      assertThatIllegalStateException().isThrownBy(() -> engine.setExecutor(Runnable::run));
      assertThatIllegalArgumentException().isThrownBy(() -> engine.stop(-1));
      engine.stop(0);
      assertThatIllegalStateException().isThrownBy(engine::start);
    });
  }

  @Test
  void runsHandlersOnTheExecutorThatItIsGiven() throws Exception {
    try (var executor = Executors.newSingleThreadExecutor(r -> new Thread(r, "given"))) {
      with(engine -> {
        engine.setExecutor(executor);
        assertThat(engine.getExecutor()).isSameAs(executor);
        engine.createContext(
            "/", exchange -> TestEngine.answer(exchange, 200, Thread.currentThread().getName()));
        engine.bind(ANY, 0);
        engine.start();
        try (var one = new RawClient(engine.getAddress().getPort());
            var two = new RawClient(engine.getAddress().getPort())) {
          assertThat(one.send(get("/")).answer().body()).isEqualTo("given");
          assertThat(two.send(get("/")).answer().body()).isEqualTo("given");
        }
      });
    }
  }

  @Test
  void anExecutorThatTakesNothingIsAnswered503() throws Exception {
    with(engine -> {
      engine.setExecutor(_ -> {
        throw new RejectedExecutionException();
      });
      engine.createContext("/", TestEngine.ECHO);
      engine.bind(ANY, 0);
      engine.start();
      try (var client = new RawClient(engine.getAddress().getPort())) {
        assertThat(client.send(get("/")).answer().status()).isEqualTo(503);
      }
    });
  }

  @Test
  void filtersAndAnAuthenticatorStandBeforeTheHandler() throws Exception {
    try (var engine = TestEngine.own(saying("root"));
        var client = engine.connect()) {
      var context =
          engine.server.createContext(
              "/in",
              exchange ->
                  TestEngine.answer(
                      exchange,
                      200,
                      exchange.getPrincipal().getUsername() + exchange.getAttribute("seen")));
      context
          .getFilters()
          .add(Filter.beforeHandler("marks", exchange -> exchange.setAttribute("seen", "!")));
      context.setAuthenticator(
          new BasicAuthenticator("here") {
            @Override
            public boolean checkCredentials(String user, String password) {
              return password.equals("right");
            }
          });
      var asked = client.send(get("/in")).answer();
      assertThat(asked.status()).isEqualTo(401);
      assertThat(asked.values("WWW-Authenticate").getFirst()).startsWith("Basic realm=\"here\"");
      assertThat(login(client, "ann:wrong").status()).isEqualTo(401);
      assertThat(login(client, "ann:right").body()).isEqualTo("ann!");
    }
  }

  private static RawClient.Answer login(RawClient client, String credentials) throws IOException {
    String encoded =
        Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    String request = "GET /in HTTP/1.1\r\nHost: h\r\nAuthorization: Basic " + encoded + "\r\n\r\n";
    return client.send(request).answer();
  }

  @Test
  void aHandlerThatFailsIsAnswered500AndLogged() throws Exception {
    HttpHandler failing =
        _ -> {
          throw new IllegalStateException("deep inside");
        };
    try (var engine = TestEngine.own(failing);
        var client = engine.connect()) {
      var answer = client.send(get("/x")).answer();
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.body()).doesNotContain("deep inside");
      assertThat(engine.telemetry.events("http_handler_failed").getFirst().text("error"))
          .get()
          .asString()
          .contains("deep inside");
    }
  }

  @Test
  void anAnswerThatIsCutShortNeverLooksWhole() throws Exception {
    HttpHandler cut =
        exchange -> {
          exchange.sendResponseHeaders(200, exchange.getRequestURI().getPath().length() - 1);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          throw new IOException("the rest is missing");
        };
    try (var engine = TestEngine.own(cut)) {
      for (String path : List.of("/", "/five")) { // in chunks, and of a length
        try (var client = engine.connect()) {
          assertThatExceptionOfType(IOException.class)
              .isThrownBy(() -> client.send(get(path)).answer());
        }
      }
    }
  }

  @Test
  void anAnswerIsCheckedAgainstItsLength() throws Exception {
    var thrown = new ByteArrayOutputStream();
    HttpHandler wrong =
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          try {
            exchange.getResponseBody().write(new byte[3]);
          } catch (IOException expected) {
            thrown.writeBytes("more".getBytes(StandardCharsets.US_ASCII));
            throw expected;
          }
        };
    try (var engine = TestEngine.own(wrong);
        var client = engine.connect()) {
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.send(get("/")).answer());
      assertThat(thrown).hasToString("more");
    }
  }

  @Test
  void framesAnswersAsTheirLengthAndVersionAsk() throws Exception {
    HttpHandler chunks =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          for (String piece : List.of("a", "bcd", "", "x".repeat(40_000), "y".repeat(300))) {
            exchange.getResponseBody().write(piece.getBytes(StandardCharsets.US_ASCII));
          }
          exchange.close();
        };
    String all = "abcd" + "x".repeat(40_000) + "y".repeat(300);
    try (var engine = TestEngine.own(chunks);
        var client = engine.connect();
        var old = engine.connect()) {
      var answer = client.send(get("/")).answer();
      assertThat(answer.has("Transfer-Encoding: chunked")).isTrue();
      assertThat(answer.body()).isEqualTo(all);
      assertThat(client.send(get("/")).answer().body()).isEqualTo(all);
      var bare = old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").answer();
      assertThat(bare.has("Connection: close")).isTrue();
      assertThat(bare.body()).isEqualTo(all);
    }
  }

  @Test
  void answersWithoutABodyHaveNone() throws Exception {
    HttpHandler none =
        exchange -> {
          int status = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
          exchange.sendResponseHeaders(status, status == 204 ? 5 : -1);
        };
    try (var engine = TestEngine.own(none);
        var client = engine.connect()) {
      var gone = client.send(get("/204")).answer();
      assertThat(gone.values("Content-Length")).isEmpty();
      assertThat(gone.values("Transfer-Encoding")).isEmpty();
      assertThat(client.send(get("/304")).answer().status()).isEqualTo(304);
      assertThat(client.send(get("/200")).answer().has("Content-Length: 0")).isTrue();
      var head = client.send("HEAD /200 HTTP/1.1\r\nHost: h\r\n\r\n").answer(false);
      assertThat(head.status()).isEqualTo(200);
      assertThat(client.send(get("/200")).answer().status()).isEqualTo(200);
    }
  }

  @Test
  void aFieldCannotBeSplit() throws Exception {
    HttpHandler splitting =
        exchange -> {
          exchange.getResponseHeaders().set("X-One", "a\u0001b\u0000c");
          TestEngine.answer(exchange, 200, "ok");
        };
    try (var engine = TestEngine.own(splitting);
        var client = engine.connect()) {
      assertThat(client.send(get("/")).answer().has("X-one: a b c")).isTrue();
    }
  }

  @Test
  void bothEnginesRunInOneProcess() throws Exception {
    try (var ours = TestEngine.own(saying("ours"));
        var jdks = TestEngine.jdk(saying("jdk's"));
        var one = ours.connect();
        var two = jdks.connect()) {
      assertThat(one.send(get("/")).answer().body()).isEqualTo("ours");
      assertThat(two.send(get("/")).answer().body()).isEqualTo("jdk's");
      assertThat(HttpServer.create()).isNotInstanceOf(Engine.class);
    }
  }
}
