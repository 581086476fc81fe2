package llm.server.http;

import static llm.server.http.TestServer.work;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.engine.EngineLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-1, O-2, O-10: what happens to every request, over real sockets. */
@Timeout(60)
class DispatcherTest {
  private static final Route HELLO =
      work("GET", "/hello", request -> Response.json(bytes("\"" + request.call().id() + "\"")));
  private static final Route ECHO =
      work("POST", "/echo", request -> Response.json(request.body().json()));
  private static final Route ITEM =
      work("GET", "/items/{id}", r -> Response.text("text/plain", r.variable().orElseThrow()));

  @Test
  void answersWithTheHandlersAnswer() throws Exception {
    try (var server = TestServer.open(ECHO)) {
      var response = server.send("POST", "/echo", "{\"a\":1}");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("{\"a\":1}");
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
    }
  }

  @Test
  void takesTheCallersCorrelationIdAndGivesItBack() throws Exception {
    try (var server = TestServer.open(HELLO)) {
      var response = server.send(get(server, "X-Correlation-ID", "my-id:1"));
      assertThat(response.body()).isEqualTo("\"my-id:1\"");
      assertThat(response.headers().firstValue("x-correlation-id")).contains("my-id:1");
      assertThat(response.headers().firstValue("x-request-id")).contains("my-id:1");
    }
  }

  @Test
  void replacesACorrelationIdThatCouldBreakALogLine() throws Exception {
    try (var server = TestServer.open(HELLO)) {
      var response = server.send(get(server, "X-Correlation-ID", "no blanks"));
      assertThat(response.headers().firstValue("x-correlation-id").orElseThrow())
          .matches("[0-9a-f-]{36}");
    }
  }

  @Test
  void writesOneAccessLineAndCountsEachRequest() throws Exception {
    try (var server = TestServer.open(HELLO, ITEM)) {
      server.get("/items/secret-name");
      server.accessLines(1); // it comes after the answer, and must come before the next one's
      server.get("/none");
      var lines = server.accessLines(2);
      assertThat(lines).hasSize(2);
      assertThat(lines.getFirst().fields())
          .containsEntry("method", "GET")
          .containsEntry("route", "/items/{id}")
          .containsEntry("status", 200L)
          .containsEntry("bytes_out", 11L)
          .containsEntry("principal", "local")
          .containsEntry("end", "done")
          .containsKey("duration_ms");
      assertThat(lines.getLast().fields())
          .containsEntry("route", "unmatched")
          .containsEntry("status", 404L)
          .containsEntry("end", "not_found");
      assertThat(server.telemetry.metrics().prometheusText())
          .contains("http_requests_total{route=\"/items/{id}\",method=\"GET\",status=\"200\"} 1")
          .contains("http_request_duration_seconds_count{route=\"unmatched\"} 1")
          .contains("http_requests_active 0");
    }
  }

  @Test
  void logsTheCauseOfItsOwnFailuresAlone() throws Exception {
    var quoting = new IllegalArgumentException("Unrecognized token 'secret'");
    var clients =
        work(
            "GET",
            "/clients",
            _ -> {
              throw new LlmException(LlmError.InvalidRequest.of("wrong"), quoting);
            });
    var ours =
        work(
            "GET",
            "/ours",
            _ -> {
              throw new LlmException(new LlmError.Internal(), quoting);
            });
    try (var server = TestServer.open(clients, ours)) {
      assertThat(server.get("/clients").statusCode()).isEqualTo(400);
      assertThat(server.telemetry.events("request_failed")).isEmpty();
      assertThat(server.get("/ours").statusCode()).isEqualTo(500);
      assertThat(server.telemetry.events("request_failed")).hasSize(1);
    }
  }

  @Test
  void decodesTheVariableWithItsSlashesAndPercents() throws Exception {
    try (var server = TestServer.open(ITEM)) {
      assertThat(server.get("/items/org/model%20a%2Fb+c").body()).isEqualTo("org/model a/b+c");
    }
  }

  @Test
  void refusesUnknownPathsAndMethods() throws Exception {
    try (var server = TestServer.open(HELLO, ECHO)) {
      assertThat(server.get("/other").statusCode()).isEqualTo(404);
      var wrong = server.send("DELETE", "/hello", "");
      assertThat(wrong.statusCode()).isEqualTo(405);
      assertThat(wrong.headers().firstValue("allow")).contains("GET, HEAD, OPTIONS");
      assertThat(wrong.body()).contains("method_not_allowed");
    }
  }

  @Test
  void answersHeadWithTheHeadersOfGetOnAConnectionThatStaysOpen() throws Exception {
    try (var server = TestServer.open(HELLO);
        var socket =
            server.raw(
                "HEAD /hello HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: abc\r\n\r\n"
                    + "GET /hello HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: def\r\n\r\n")) {
      String first = TestServer.readUntil(socket.getInputStream(), "\r\n\r\n");
      assertThat(first).startsWith("HTTP/1.1 200").containsIgnoringCase("content-length: 5");
      String second = TestServer.readUntil(socket.getInputStream(), "\"def\"");
      assertThat(second).startsWith("HTTP/1.1 200").endsWith("\"def\"");
    }
  }

  @Test
  void answersOptionsWithWhatIsAllowed() throws Exception {
    try (var server = TestServer.open(ECHO)) {
      var response = server.send("OPTIONS", "/echo", "");
      assertThat(response.statusCode()).isEqualTo(204);
      assertThat(response.headers().firstValue("allow")).contains("OPTIONS, POST");
    }
  }

  @Test
  void answersABugWithTheRequestsIdAndLogsItsCause() throws Exception {
    Route broken =
        work(
            "GET",
            "/bug",
            _ -> {
              throw new IllegalStateException("deep inside");
            });
    try (var server = TestServer.open(broken)) {
      var response = server.send(get(server, "/bug", "X-Correlation-ID", "bug-1"));
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("internal", "bug-1").doesNotContain("deep inside");
      var logged = server.telemetry.events("request_failed").getFirst();
      assertThat(logged.text("request_id")).contains("bug-1");
      assertThat(logged.text("error").orElseThrow()).contains("deep inside");
    }
  }

  @Test
  void saysWhenToTryAgainInWholeSeconds() throws Exception {
    Route full =
        work(
            "GET",
            "/full",
            _ -> {
              throw new LlmException(new LlmError.QueueFull("local", 4, Duration.ofMillis(1200)));
            });
    try (var server = TestServer.open(full)) {
      var response = server.get("/full");
      assertThat(response.statusCode()).isEqualTo(429);
      assertThat(response.headers().firstValue("retry-after")).contains("2");
    }
  }

  @Test
  void refusesBodiesOfOtherTypes() throws Exception {
    try (var server = TestServer.open(ECHO)) {
      assertThat(post(server, "text/plain").statusCode()).isEqualTo(415);
      assertThat(post(server, "application/x-www-form-urlencoded").statusCode()).isEqualTo(415);
      assertThat(post(server, "Application/JSON; charset=utf-8").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedReadably() throws Exception {
    byte[] tenMegabytes = new byte[10 << 20];
    try (var server = TestServer.open(ECHO)) {
      var declared =
          HttpRequest.newBuilder(server.uri("/echo"))
              .POST(BodyPublishers.ofByteArray(tenMegabytes))
              .build();
      assertThat(server.send(declared).statusCode()).isEqualTo(413);
      var chunked =
          HttpRequest.newBuilder(server.uri("/echo"))
              .POST(
                  BodyPublishers.ofInputStream(
                      () -> new java.io.ByteArrayInputStream(tenMegabytes)))
              .build();
      var response = server.send(chunked);
      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(response.body()).contains("payload_too_large").contains("1048576");
    }
  }

  @Test
  void aBodyOfExactlyTheLimitIsRead() throws Exception {
    try (var server = TestServer.open(ECHO)) {
      assertThat(server.send("POST", "/echo", "x".repeat(1 << 20)).statusCode()).isEqualTo(200);
      assertThat(server.send("POST", "/echo", "x".repeat((1 << 20) + 1)).statusCode())
          .isEqualTo(413);
    }
  }

  @Test
  void givesBinaryGarbageToTheHandlerAsItCame() throws Exception {
    long seed = System.nanoTime();
    byte[] garbage = new byte[4096];
    new Random(seed).nextBytes(garbage);
    try (var server = TestServer.open(ECHO)) {
      var request =
          HttpRequest.newBuilder(server.uri("/echo"))
              .POST(BodyPublishers.ofByteArray(garbage))
              .build();
      var client = java.net.http.HttpClient.newHttpClient();
      byte[] back =
          client.send(request, java.net.http.HttpResponse.BodyHandlers.ofByteArray()).body();
      assertThat(back).as("seed " + seed).isEqualTo(garbage);
    }
  }

  @Test
  void aBodyThatBreaksOffIsTheClientsFault() throws Exception {
    try (var server = TestServer.open(ECHO);
        var socket =
            server.raw(
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")) {
      assertThat(TestServer.readUntil(socket.getInputStream(), "}"))
          .startsWith("HTTP/1.1 400")
          .contains("invalid_request");
    }
  }

  @Test
  void refusesMoreRequestsThanThereArePlacesAndGivesEachPlaceBackOnce() throws Exception {
    var entered = new CountDownLatch(2);
    var release = new CountDownLatch(1);
    Route slow =
        work(
            "GET",
            "/slow",
            _ -> {
              entered.countDown();
              await(release);
              return Response.json(bytes("{}"));
            });
    Route probe = new Route("GET", "/probe", Route.Kind.PROBE, _ -> Response.json(bytes("{}")));
    try (var server = TestServer.open(settings -> withMaxRequests(settings, 2), slow, probe)) {
      String request = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
      try (var one = server.raw(request);
          var two = server.raw(request)) {
        await(entered);
        var refused = server.get("/slow");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("retry-after")).contains("1");
        assertThat(refused.body()).contains("overloaded");
        assertThat(server.get("/probe").statusCode()).isEqualTo(200);
        release.countDown();
        TestServer.readUntil(one.getInputStream(), "{}");
        TestServer.readUntil(two.getInputStream(), "{}");
      }
      assertThat(server.admission.awaitIdle(Duration.ofSeconds(10))).isTrue();
      assertThat(server.get("/slow").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesWorkWhileDrainingAndStillAnswersProbes() throws Exception {
    Route probe = new Route("GET", "/probe", Route.Kind.PROBE, _ -> Response.json(bytes("{}")));
    try (var server = TestServer.open(HELLO, probe)) {
      server.admission.drain();
      var refused = server.get("/hello");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("shutting_down");
      assertThat(refused.headers().firstValue("retry-after")).contains("5");
      assertThat(refused.headers().firstValue("connection")).contains("close");
      assertThat(server.get("/probe").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void asksTheGateBeforeItSaysWhatThereIs() throws Exception {
    Gate closed =
        (_, _) -> {
          throw new LlmException(new LlmError.Unauthorized("no"));
        };
    try (var server = TestServer.open(TestServer.DEFAULTS, closed, HELLO)) {
      var response = server.get("/nowhere");
      assertThat(response.statusCode()).isEqualTo(401);
      assertThat(response.headers().firstValue("www-authenticate")).contains("Bearer");
      assertThat(server.accessLines(1).getFirst().text("principal")).contains("-");
    }
  }

  @Test
  void aWholeAnswerToAClientThatDoesNotReadIsGivenUp() throws Exception {
    byte[] large = new byte[64 << 20];
    Route download = work("GET", "/large", _ -> Response.json(large));
    try (var server =
            TestServer.open(
                settings -> withWriteTimeout(settings, Duration.ofMillis(200)), download);
        var _ = server.raw("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(server.accessLines(1).getFirst().text("end")).contains("client_stalled");
      assertThat(server.admission.awaitIdle(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void tellsTheHandlerWhoAsksAndInWhichTrace() throws Exception {
    Gate gate = (_, _) -> new Principal("ci");
    Route who =
        work(
            "GET",
            "/who",
            r ->
                Response.text(
                    "text/plain",
                    r.call().principal().name() + " " + r.call().trace().orElseThrow().traceId()));
    try (var server = TestServer.open(TestServer.DEFAULTS, gate, who)) {
      String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
      var response =
          server.send(get(server, "/who", "traceparent", "00-" + trace + "-00f067aa0ba902b7-01"));
      assertThat(response.body()).isEqualTo("ci " + trace);
    }
  }

  /** No comment is due within the time of the test, so that nothing is learnt by writing. */
  @Test
  void aClientThatLeavesCancelsAnAnswerThatIsNotStreamed() throws Exception {
    var entered = new CountDownLatch(1);
    var cancelled = new CompletableFuture<CancelReason>();
    Route slow =
        work(
            "POST",
            "/slow",
            request -> {
              request.body().json();
              request
                  .call()
                  .onCancel(() -> cancelled.complete(request.call().cancelled().orElseThrow()));
              entered.countDown();
              throw new LlmException(new LlmError.Cancelled(cancelled.join()));
            });
    try (var server = TestServer.open(slow);
        var socket = server.raw("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")) {
      await(entered);
      socket.shutdownOutput();
      assertThat(cancelled.get(20, TimeUnit.SECONDS)).isEqualTo(CancelReason.CLIENT_GONE);
      var line = server.accessLines(1).getFirst();
      assertThat(line.text("end")).contains("client_gone");
      assertThat(line.fields()).containsEntry("status", 499L);
    }
  }

  @Test
  void aBodyThatComesTooLateIsAnswered408AndLoggedAsThat() throws Exception {
    EngineLimits l = TestServer.DEFAULTS.limits();
    var hasty =
        new EngineLimits(
            l.connections(),
            l.headerBytes(),
            l.headers(),
            l.headTime(),
            Duration.ofMillis(100),
            l.requestTime(),
            l.idle(),
            l.write());
    try (var server = TestServer.open(settings -> withLimits(settings, hasty), ECHO);
        var socket = server.raw("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}")) {
      assertThat(TestServer.readUntil(socket.getInputStream(), "}}"))
          .startsWith("HTTP/1.1 408")
          .contains("request_timeout");
      var line = server.accessLines(1).getFirst();
      assertThat(line.text("end")).contains("body_timeout");
      assertThat(line.fields()).containsEntry("status", 408L);
    }
  }

  @Test
  void theJdksEngineServesTheSame() throws Exception {
    try (var server = TestServer.open(DispatcherTest::withJdk, ECHO)) {
      assertThat(server.send("POST", "/echo", "{}").body()).isEqualTo("{}");
      assertThat(server.get("/none").statusCode()).isEqualTo(404);
    }
  }

  private static HttpSettings withJdk(HttpSettings s) {
    return new HttpSettings(
        s.host(),
        s.port(),
        HttpSettings.Engine.JDK,
        s.maxBodyBytes(),
        s.maxRequests(),
        s.limits(),
        s.requestBudget(),
        s.firstEventCommit(),
        s.keepAlive(),
        s.drain());
  }

  static HttpSettings withMaxRequests(HttpSettings s, int maxRequests) {
    return new HttpSettings(
        s.host(),
        s.port(),
        s.engine(),
        s.maxBodyBytes(),
        maxRequests,
        s.limits(),
        s.requestBudget(),
        s.firstEventCommit(),
        s.keepAlive(),
        s.drain());
  }

  static HttpSettings withWriteTimeout(HttpSettings s, Duration writeTimeout) {
    EngineLimits l = s.limits();
    return withLimits(
        s,
        new EngineLimits(
            l.connections(),
            l.headerBytes(),
            l.headers(),
            l.headTime(),
            l.bodyIdle(),
            l.requestTime(),
            l.idle(),
            writeTimeout));
  }

  static HttpSettings withLimits(HttpSettings s, EngineLimits limits) {
    return new HttpSettings(
        s.host(),
        s.port(),
        s.engine(),
        s.maxBodyBytes(),
        s.maxRequests(),
        limits,
        s.requestBudget(),
        s.firstEventCommit(),
        s.keepAlive(),
        s.drain());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static java.net.http.HttpResponse<String> post(TestServer server, String type)
      throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri("/echo"))
            .header("Content-Type", type)
            .POST(BodyPublishers.ofString("{}"))
            .build());
  }

  private static HttpRequest get(TestServer server, String name, String value) {
    return get(server, "/hello", name, value);
  }

  private static HttpRequest get(TestServer server, String path, String name, String value) {
    return HttpRequest.newBuilder(server.uri(path)).header(name, value).build();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
