package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Reply;
import llm.server.tls.TestAuthority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real process: O-1, O-5, O-8, C-8, P-3 as a user meets them. */
@Timeout(180)
class ServerIT {
  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    return client.send(request, BodyHandlers.ofString());
  }

  @Test
  void servesHttpsAndTakesANewCertificateWithoutARestart() throws Exception {
    var authority = new TestAuthority("Test Root");
    authority.issue("localhost", "RSA").writeTo(folder);
    write(
        "config.yml",
        "server: {tls: {certificate: cert.pem, key: key.pem, reload_seconds: 0.1}}\n");
    try (var server = ServerProcess.serve(folder, Map.of(), "--config", "config.yml");
        var trusting = HttpClient.newBuilder().sslContext(authority.client()).build()) {
      assertThat(server.uri("/").getScheme()).isEqualTo("https");
      var chat =
          trusting.send(
              server.post("/llm/chat", "{\"prompt\":\"hi\",\"model\":\"mock\"}"),
              BodyHandlers.ofString());
      assertThat(chat.body()).contains("Echo: hi");
      authority.issue("second", "EC").writeTo(folder);
      server.awaitLine("\"event\":\"tls_reloaded\",\"subject\":\"CN=second\"");
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void saysWhatIsWrongWithACertificate() throws Exception {
    write("config.yml", "server:\n  tls:\n    certificate: no.pem\n    key: no.key\n");
    try (var server = ServerProcess.run(folder, Map.of(), "--config", "config.yml")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.errors())
          .contains("config.yml:3: server.tls.certificate: no.pem does not exist");
    }
  }

  @Test
  void shakesHandsWithAnUpstreamOnceItServes() throws Exception {
    try (var upstream = FaultUpstream.open()) {
      upstream.otherwise(_ -> Reply.ok("application/json", "{\"data\":[{\"id\":\"m\"}]}"));
      write(
          "config.yml",
          "providers: {openai_compatible: {upstreams: {near: {base_url: '"
              + upstream.uri()
              + "/v1', warm: {ping_path: /ping}}}}}\n");
      try (var server = ServerProcess.serve(folder, Map.of(), "--config", "config.yml")) {
        server.awaitLine("\"event\":\"conn_handshake_finish\"");
        assertThat(upstream.requests()).anyMatch(got -> got.target().equals("/v1/ping"));
        assertThat(String.join("\n", server.output()))
            .containsSubsequence("server_started", "conn_handshake_start", "conn_handshake_finish");
        var health = send(HttpRequest.newBuilder(server.uri("/health")).build());
        assertThat(health.body()).contains("Answers; 1 models. Connection warm, last ping");
        var metrics = send(HttpRequest.newBuilder(server.uri("/metrics")).build());
        assertThat(metrics.body())
            .contains("llm_connection_pings_total{provider=\"near\",status=\"200\"} 1");
      }
    }
  }

  @Test
  void servesTheMockWithoutAnyConfiguration() throws Exception {
    try (var server = ServerProcess.serve(folder, Map.of())) {
      var chat = send(server.post("/llm/stream", "{\"prompt\":\"hello new world\"}"));
      assertThat(chat.statusCode()).isEqualTo(200);
      assertThat(chat.body())
          .containsSubsequence("\"Echo:\"", "\" hello\"", "\" new\"", "\" world\"", "is_final")
          .contains("\"is_final\":true");
      var health = send(HttpRequest.newBuilder(server.uri("/health")).build());
      assertThat(health.body()).contains("\"status\":\"ok\"", "\"version\":\"0.1.0\"");
      server.terminate();
      assertThat(server.exitCode()).isZero();
      assertThat(server.allOutput())
          .allSatisfy(line -> assertThat(line).startsWith("{\"ts\":").endsWith("}"))
          .anySatisfy(line -> assertThat(line).contains("\"event\":\"server_started\""))
          .anySatisfy(line -> assertThat(line).contains("\"event\":\"shutdown_finish\""));
    }
  }

  @Test
  void endsEveryOpenStreamWithAnErrorFrameWhenItIsTerminated() throws Exception {
    write(
        "configs/config.yml", "server: {drain_seconds: 10}\nproviders: {mock: {delay_ms: 200}}\n");
    try (var server = ServerProcess.serve(folder, Map.of())) {
      String words = "word ".repeat(500).strip();
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String[] request =
            i % 2 == 0
                ? new String[] {"/llm/stream", "{\"prompt\":\"" + words + "\"}"}
                : new String[] {
                  "/v1/chat/completions",
                  "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                      + words
                      + "\"}]}"
                };
        answers.add(stream(server, request[0], request[1]));
      }
      awaitStreams(server, 10);
      long terminated = System.nanoTime();
      server.terminate();
      server.awaitLine("shutdown_start");
      var late = send(server.post("/llm/chat", "{\"prompt\":\"x\"}"));
      assertThat(late.statusCode()).isEqualTo(503);
      assertThat(late.body()).contains("shutting_down");
      assertThat(late.headers().firstValue("retry-after")).isPresent();
      var ready = send(HttpRequest.newBuilder(server.uri("/health/ready")).build());
      assertThat(ready.statusCode()).isEqualTo(503);
      for (int i = 0; i < answers.size(); i++) {
        String body = answers.get(i).get(60, TimeUnit.SECONDS);
        String last = body.strip().substring(body.strip().lastIndexOf("data: "));
        assertThat(body).contains("word");
        assertThat(last).contains("\"error\":", "shutting down").doesNotContain("[DONE]");
      }
      assertThat(server.exitCode()).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - terminated))
          .as("the streams would take 100 s")
          .isLessThan(Duration.ofSeconds(80));
      assertThat(server.allOutput())
          .anySatisfy(line -> assertThat(line).contains("\"cancelled_requests\":10"));
    }
  }

  @Test
  void letsAShortStreamEndByItselfWhenItIsTerminated() throws Exception {
    write("configs/config.yml", "providers: {mock: {delay_ms: 100}}\n");
    try (var server = ServerProcess.serve(folder, Map.of())) {
      var request = server.post("/llm/stream", "{\"prompt\":\"a b c d e f g h i j\"}");
      try (var answer = client.send(request, BodyHandlers.ofInputStream()).body()) {
        assertThat(answer.read()).isEqualTo('d'); // the first of a second of words
        server.terminate();
        assertThat(new String(answer.readAllBytes(), StandardCharsets.UTF_8))
            .contains("\"is_final\":true");
      }
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    write("configs/config.yml", "providers: {mock: {delay_ms: 60000}}\n");
    try (var server = ServerProcess.serve(folder, Map.of())) {
      var answer = stream(server, "/llm/stream", "{\"prompt\":\"a b\"}");
      awaitStreams(server, 1);
      server.terminate();
      server.awaitLine("shutdown_start");
      server.terminate();
      assertThat(server.exitCode()).isEqualTo(143);
      assertThat(answer).failsWithin(Duration.ofSeconds(30));
    }
  }

  @Test
  void aClientThatLeavesCancelsItsGeneration() throws Exception {
    // No comment is due, by which it would be noticed too.
    write(
        "configs/config.yml",
        "server: {keep_alive_ms: 600000}\nproviders: {mock: {delay_ms: 60000}}\n");
    try (var server = ServerProcess.serve(folder, Map.of())) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        String body = "{\"prompt\":\"a b\"}";
        String head = "POST /llm/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
        String request = head + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      server.awaitLine("client_gone");
    }
  }

  @Test
  void saysInOneSentenceThatThePortIsTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        var process =
            ServerProcess.run(folder, Map.of(), "--port", Integer.toString(taken.getLocalPort()))) {
      assertThat(process.exitCode()).isEqualTo(1);
      assertThat(process.errors())
          .contains("cannot listen on 127.0.0.1:" + taken.getLocalPort())
          .doesNotContain("Exception", "\tat ");
    }
  }

  @Test
  void refusesToBeReachedFromOutsideWithoutKeys() throws Exception {
    try (var process = ServerProcess.run(folder, Map.of(), "--port", "0", "--host", "0.0.0.0")) {
      assertThat(process.exitCode()).isEqualTo(2);
      assertThat(process.errors()).contains("--host", "--new-api-key");
    }
  }

  @Test
  void asksForAKeyWhereOneIsConfigured() throws Exception {
    write("configs/config.yml", "auth: {keys: [{name: ci, key: \"${CI_KEY}\"}]}\n");
    try (var server = ServerProcess.serve(folder, Map.of("CI_KEY", "opensesame"))) {
      var without = send(HttpRequest.newBuilder(server.uri("/v1/models")).build());
      assertThat(without.statusCode()).isEqualTo(401);
      assertThat(without.body()).contains("invalid_api_key");
      assertThat(send(HttpRequest.newBuilder(server.uri("/metrics")).build()).statusCode())
          .isEqualTo(401);
      assertThat(send(HttpRequest.newBuilder(server.uri("/health")).build()).statusCode())
          .isEqualTo(200);
      var with =
          HttpRequest.newBuilder(server.uri("/v1/models"))
              .header("Authorization", "Bearer opensesame")
              .build();
      assertThat(send(with).statusCode()).isEqualTo(200);
      server.awaitLine("\"principal\":\"ci\"");
      assertThat(server.output()).noneMatch(line -> line.contains("opensesame"));
    }
  }

  @Test
  void checksAConfiguration() throws Exception {
    write("good/config.yml", "server: {port: 9000}\n");
    write(
        "bad/config.yml", "server:\n  port: 90000\n  prot: 1\nproviders:\n  mock:\n    dealy: 1\n");
    try (var good = ServerProcess.run(folder, Map.of(), "--check-config", "--config", "good");
        var bad = ServerProcess.run(folder, Map.of(), "--check-config", "--config", "bad")) {
      assertThat(good.exitCode()).isZero();
      assertThat(good.allOutput()).containsExactly("The configuration is valid.");
      assertThat(bad.exitCode()).isEqualTo(2);
      assertThat(bad.errors())
          .contains(
              "bad/config.yml:2: server.port: 90000",
              "bad/config.yml:3: server.prot",
              "bad/config.yml:6: providers.mock.dealy");
    }
  }

  @Test
  void refusesToServeWithAModelsFileThatIsWrong() throws Exception {
    write("configs/config.yml", "server: {port: 0}\n");
    write("configs/models.yml", "modles: {}\n");
    try (var process = ServerProcess.run(folder, Map.of())) {
      assertThat(process.exitCode()).isEqualTo(2);
      assertThat(process.errors()).contains("models.yml:1: modles");
      assertThat(process.allOutput()).noneMatch(line -> line.contains("server_started"));
    }
  }

  @Test
  void livesWithAModelFileThatIsNotThere() throws Exception {
    try (var server = ServerProcess.serve(folder, Map.of(), "--model", "no.gguf")) {
      server.awaitLine("\"event\":\"model_unavailable\"");
      var answer =
          send(
              server.post(
                  "/v1/chat/completions",
                  "{\"model\":\"local\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("model_unavailable");
      assertThat(send(server.post("/llm/chat", "{\"prompt\":\"hi\",\"model\":\"mock\"}")).body())
          .contains("Echo: hi");
    }
  }

  @Test
  void printsItsVersionAndRefusesWhatItDoesNotKnow() throws Exception {
    try (var version = ServerProcess.run(folder, Map.of(), "--version");
        var wrong = ServerProcess.run(folder, Map.of(), "--prot", "1")) {
      assertThat(version.exitCode()).isZero();
      assertThat(version.allOutput()).containsExactly("llm.server 0.1.0");
      assertThat(wrong.exitCode()).isEqualTo(2);
      assertThat(wrong.errors()).contains("--prot", "--help lists the options");
    }
  }

  @Test
  void showsWhatHappensToAPageWithAKeyAndSaysGoodbyeWhenItIsTerminated() throws Exception {
    write("configs/config.yml", "auth: {keys: [{name: ci, key: \"${CI_KEY}\"}]}\n");
    try (var server = ServerProcess.serve(folder, Map.of("CI_KEY", "opensesame"))) {
      String key = Base64.getUrlEncoder().withoutPadding().encodeToString("opensesame".getBytes());
      var heard = new Heard();
      monitor(server, heard, "llm.monitor.v1", "llm.key." + key).get(30, TimeUnit.SECONDS);
      assertThat(heard.until("\"type\":\"hello\"")).contains("\"version\":\"0.1.0\"");
      assertThat(heard.until("\"type\":\"stats\"")).contains("\"connections\":1,");
      assertThat(send(server.post("/llm/chat", "{\"prompt\":\"secret words\"}")).statusCode())
          .isEqualTo(401);
      assertThat(heard.until("\"route\":\"/llm/chat\"")).contains("unauthorized");
      assertThat(monitor(server, new Heard(), "llm.monitor.v1", "llm.key.eHh4"))
          .failsWithin(Duration.ofSeconds(30));
      server.terminate();
      assertThat(heard.until("close ")).isEqualTo("close 1001 the server is shutting down");
      assertThat(server.exitCode()).isZero();
      assertThat(server.allOutput())
          .noneMatch(line -> line.contains("opensesame") || line.contains(key))
          .anySatisfy(line -> assertThat(line).contains("ws_closed", "\"principal\":\"ci\""));
    }
  }

  private CompletableFuture<WebSocket> monitor(
      ServerProcess server, Heard heard, String first, String second) {
    var uri = URI.create("ws://127.0.0.1:" + server.port() + "/ws/monitor");
    return client.newWebSocketBuilder().subprotocols(first, second).buildAsync(uri, heard);
  }

  /** What a listener of the monitor hears. */
  private static final class Heard implements WebSocket.Listener {
    private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        messages.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      messages.add("close " + code + " " + reason);
      return null;
    }

    /** The next message that has {@code part}. */
    String until(String part) throws InterruptedException {
      while (true) {
        String next = messages.poll(30, TimeUnit.SECONDS);
        assertThat(next).as("waiting for " + part).isNotNull();
        if (next.contains(part)) {
          return next;
        }
      }
    }
  }

  /** The body of a streamed answer, as soon as it has ended. */
  private CompletableFuture<String> stream(ServerProcess server, String path, String body) {
    return client
        .sendAsync(server.post(path, body), BodyHandlers.ofLines())
        .thenApplyAsync(
            response -> {
              try (Stream<String> lines = response.body()) {
                return String.join("\n", lines.toList());
              }
            },
            Thread::startVirtualThread);
  }

  /** Waits until the server counts so many open streams. */
  private void awaitStreams(ServerProcess server, int count) throws Exception {
    var metrics = HttpRequest.newBuilder(server.uri("/metrics")).build();
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!send(metrics).body().contains("http_streams_active " + count + "\n")) {
      assertThat(System.nanoTime()).as(count + " streams never opened").isLessThan(until);
    }
  }
}
