package llm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@DisplayName("P-4: the configuration of the real process is followed without a restart")
class ReloadIT {
  private static final String CHAT =
      "{\"model\":\"fast\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String STREAM = CHAT.replace("{\"model", "{\"stream\":true,\"model");
  private static final int REQUESTS = 250;
  private static final long PAUSE_NANOS = 20_000_000; // 50 a second

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<FaultUpstream> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(FaultUpstream::close);
    client.close();
  }

  private FaultUpstream upstream(String says) {
    var upstream = FaultUpstream.open();
    opened.add(upstream);
    return upstream.otherwise(request -> answer(request, says));
  }

  private static Reply answer(Received request, String says) {
    if (request.target().endsWith("/models")) {
      return Reply.ok("application/json", "{\"data\":[{\"id\":\"m\"}]}");
    }
    if (request.body().contains("\"stream\":true")) {
      return Reply.events(
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + says + "\"}}]}",
          "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
          "[DONE]");
    }
    return Reply.ok(
        "application/json",
        "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
            + "\"message\":{\"role\":\"assistant\",\"content\":\""
            + says
            + "\"},\"finish_reason\":\"stop\"}]}");
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  private static String config(String name, FaultUpstream upstream, String... more) {
    return """
    providers:
      openai_compatible:
        upstreams:
          %s: {base_url: "%s/v1", system_prefix: House %s.}
    routes:
      fast: {targets: [{provider: %s, model: m}]}
    """
            .formatted(name, upstream.uri(), name, name)
        + String.join("\n", more);
  }

  private ServerProcess serve() throws Exception {
    assumeTrue(hangUpsCome(), "SIGHUP is ignored here, as below nohup, and so by every child");
    return ServerProcess.serve(folder, Map.of(), "--config", "config.yml");
  }

  private static boolean hangUpsCome() throws Exception {
    Path status = Path.of("/proc/self/status");
    return !Files.exists(status)
        || Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .noneMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1) == 1);
  }

  private HttpResponse<String> post(ServerProcess server, String path, String body)
      throws Exception {
    return client.send(server.post(path, body), BodyHandlers.ofString());
  }

  /** The server has read its files again since it had written {@code seen} lines. */
  private static void hangUp(ServerProcess server, String told) throws Exception {
    int seen = server.output().size();
    server.hangUp();
    server.awaitLine(told, seen);
  }

  @Test
  void aHangUpFollowsAGoodFileAndKeepsTheOldOneOfABad() throws Exception {
    write("config.yml", config("one", upstream("1")));
    try (var server = serve()) {
      assertThat(post(server, "/v1/chat/completions", CHAT).body()).contains("\"content\":\"1\"");
      FaultUpstream two = upstream("2");
      write("config.yml", config("two", two));
      hangUp(server, "config_reloaded");
      assertThat(post(server, "/v1/chat/completions", CHAT).body()).contains("\"content\":\"2\"");
      assertThat(two.lastPost().body()).contains("\"content\":\"House two.\"");

      write("config.yml", config("two", upstream("3")).replace("provider: two", "provider: no"));
      int seen = server.output().size();
      server.hangUp();
      assertThat(server.awaitLine("config_refused", seen))
          .contains("config.yml:6: routes.fast.targets[0].provider: 'no' is no provider");
      assertThat(post(server, "/v1/chat/completions", CHAT).body()).contains("\"content\":\"2\"");
      var told = post(server, "/admin/reload", "");
      assertThat(told.statusCode()).isEqualTo(400);
      assertThat(told.body())
          .contains("config.yml", "\"line\":6", "\"key\":\"routes.fast.targets[0].provider\"");

      write("config.yml", config("two", two, "server: {max_requests: 7}"));
      assertThat(post(server, "/admin/reload", "").body())
          .contains("\"restart_needed\":[\"server.max_requests\"]");
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void aStreamUnderWayEndsWhereItBegan() throws Exception {
    var gate = new Gate();
    var asked = new CountDownLatch(1);
    FaultUpstream old = upstream("");
    old.otherwise(request -> {
      if (request.target().endsWith("/models")) {
        return answer(request, "");
      }
      asked.countDown();
      return Reply.chunkedHead("text/event-stream")
          .chunk("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\n")
          .pause(gate)
          .chunk(
              "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"last\"},"
                  + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
          .lastChunk();
    });
    write("config.yml", config("old", old));
    try (var server = serve()) {
      var begun =
          client.sendAsync(server.post("/v1/chat/completions", STREAM), BodyHandlers.ofString());
      asked.await();
      write("config.yml", config("fresh", upstream("2")));
      hangUp(server, "config_reloaded");
      assertThat(post(server, "/v1/chat/completions", CHAT).headers().firstValue("x-llm-provider"))
          .contains("fresh");
      gate.open();
      var ended = begun.get(60, TimeUnit.SECONDS);
      assertThat(ended.body()).contains("first", "last", "[DONE]");
      assertThat(ended.headers().firstValue("x-llm-model")).contains("old/m");
    }
  }

  @Test
  void noneOfFiftyRequestsASecondFailsWhileTheFileChanges() throws Exception {
    FaultUpstream one = upstream("one");
    FaultUpstream two = upstream("two");
    write("config.yml", config("one", one));
    try (var server = serve()) {
      var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
      long next = System.nanoTime();
      for (int i = 0; i < REQUESTS; i++) {
        if (i % 20 == 10) {
          write("config.yml", i % 40 == 10 ? config("two", two) : config("one", one));
          if (i % 3 == 0) {
            server.hangUp();
          } else {
            answers.add(send(server.post("/admin/reload", "")));
          }
        }
        answers.add(send(server.post("/v1/chat/completions", i % 2 == 0 ? CHAT : STREAM)));
        next += PAUSE_NANOS;
        LockSupport.parkNanos(next - System.nanoTime());
      }
      var answered = new ArrayList<String>();
      for (var answer : answers) {
        var whole = answer.get(60, TimeUnit.SECONDS);
        assertThat(whole.statusCode()).as(whole.body()).isEqualTo(200);
        whole
            .headers()
            .firstValue("x-llm-provider")
            .ifPresent(provider -> {
              assertThat(whole.body()).contains("\"content\":\"" + provider + "\"");
              answered.add(provider);
            });
      }
      assertThat(answered).hasSize(REQUESTS).contains("one", "two");
    }
  }

  private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
    return client.sendAsync(request, BodyHandlers.ofString());
  }

  @Test
  void promptsOfAProviderAreFollowedToo() throws Exception {
    FaultUpstream one = upstream("fine");
    write("config.yml", config("one", one));
    write("prompts.yml", "variants:\n  - {provider: one, system_prompt: You are one.}\n");
    try (var server = serve()) {
      assertThat(told(server, one, "c1")).contains("House one.", "You are one.");
      write("prompts.yml", "variants:\n  - {models: [fast], system_prompt: You are fast.}\n");
      hangUp(server, "config_reloaded");
      assertThat(told(server, one, "c2")).contains("House one.", "You are fast.");

      write("prompts.yml", "variants:\n  - {provider: none, system_prompt: No.}\n");
      int seen = server.output().size();
      server.hangUp();
      assertThat(server.awaitLine("config_refused", seen))
          .contains("prompts.yml:2: variants[0].provider: 'none' is no provider");
      assertThat(told(server, one, "c3")).contains("You are fast.");
    }
  }

  /** What the upstream is told at the first turn of a new conversation. */
  private String told(ServerProcess server, FaultUpstream upstream, String id) throws Exception {
    String begin = "{\"id\":\"" + id + "\",\"model\":\"fast\"}";
    assertThat(post(server, "/conversations", begin).statusCode()).isEqualTo(201);
    var turn = post(server, "/conversations/" + id + "/turns", "{\"text\":\"hi\"}");
    assertThat(turn.body()).contains("fine");
    return upstream.lastPost().body();
  }
}
