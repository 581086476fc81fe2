package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.RedisProcess;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-8: cached answers of the real process, kept in a real Redis")
@Timeout(120)
class CacheIT {
  /** How many ask the same at once; 1000 by -Dllm.test.herd=1000. */
  private static final int HERD = Integer.getInteger("llm.test.herd", 200);

  private static final String PATH = "/v1/chat/completions";

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void aHerdAsksOnceAndARestartForgetsNothing() throws Exception {
    var gate = new Gate();
    try (var redis = RedisProcess.start(folder);
        var upstream = FaultUpstream.open().otherwise(request -> reply(request, gate))) {
      var environment =
          Map.of(
              "REDIS_URL",
              "redis://127.0.0.1:" + redis.port(),
              "OPENAI_COMPATIBLE_BASE_URL",
              "http://127.0.0.1:" + upstream.port() + "/v1");
      try (var server = ServerProcess.serve(folder, environment)) {
        herd(server, gate);
        assertThat(generations(upstream)).isEqualTo(1);
        server.terminate();
        assertThat(server.exitCode()).isZero();
      }
      try (var server = ServerProcess.serve(folder, environment)) {
        server.awaitLine("redis_connected");
        HttpResponse<String> again = send(request(server, false));
        assertThat(again.headers().firstValue("x-llm-cache")).contains("hit");
        assertThat(again.headers().firstValue("age")).isPresent();
        assertThat(again.body()).contains("\"content\":\"One two three\"", "\"total_tokens\":9");
        assertThat(generations(upstream)).isEqualTo(1);
        redis.kill();
        HttpResponse<String> without = send(request(server, false));
        assertThat(without.headers().firstValue("x-llm-cache")).contains("miss");
        assertThat(without.body()).contains("\"content\":\"One two three\"");
        assertThat(send(HttpRequest.newBuilder(server.uri("/health")).build()).body())
            .contains("\"cache\":{\"status\":\"down\"");
        assertThat(generations(upstream)).isEqualTo(2);
      }
    }
  }

  private void herd(ServerProcess server, Gate gate) throws Exception {
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    answers.add(client.sendAsync(request(server, true), BodyHandlers.ofString()));
    gate.awaitReached();
    for (int i = 1; i < HERD; i++) {
      answers.add(client.sendAsync(request(server, i % 2 == 0), BodyHandlers.ofString()));
    }
    server.awaitLines("\"outcome\":\"joined\"", HERD - 1);
    gate.open();
    var outcomes = new ArrayList<String>();
    for (int i = 0; i < HERD; i++) {
      HttpResponse<String> answer = answers.get(i).get();
      assertThat(answer.statusCode()).isEqualTo(200);
      outcomes.add(answer.headers().firstValue("x-llm-cache").orElseThrow());
      assertThat(i > 0 && i % 2 != 0 ? whole(answer.body()) : streamed(answer.body()))
          .isEqualTo("One two three");
    }
    assertThat(outcomes.getFirst()).isEqualTo("miss");
    assertThat(outcomes.subList(1, HERD)).containsOnly("joined");
  }

  private static String whole(String body) {
    assertThat(body).contains("\"finish_reason\":\"stop\"", "\"total_tokens\":9");
    String from = body.substring(body.indexOf("\"content\":\"") + 11);
    return from.substring(0, from.indexOf('"'));
  }

  /** The words of a stream that ended as it should. */
  private static String streamed(String body) {
    assertThat(body).endsWith("data: [DONE]\n\n");
    var words = new StringBuilder();
    for (String part : body.split("\"content\":\"")) {
      words.append(part.startsWith("data") ? "" : part.substring(0, part.indexOf('"')));
    }
    return words.toString();
  }

  private static Reply reply(Received request, Gate gate) {
    if (request.method().equals("GET")) {
      return Reply.ok("application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}");
    }
    if (!request.body().contains("\"stream\":true")) {
      return Reply.ok(
          "application/json",
          "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":"
              + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"One two three\"},"
              + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,"
              + "\"completion_tokens\":4,\"total_tokens\":9}}");
    }
    return Reply.chunkedHead("text/event-stream")
        .chunk(chunk("{\"role\":\"assistant\",\"content\":\"One \"}", "null"))
        .pause(gate)
        .chunk(chunk("{\"content\":\"two three\"}", "null"))
        .chunk(chunk("{}", "\"stop\""))
        .chunk(
            "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                + "\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":4,"
                + "\"total_tokens\":9}}\n\n")
        .chunk("data: [DONE]\n\n")
        .lastChunk();
  }

  private static String chunk(String delta, String finish) {
    return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}\n\n";
  }

  private static long generations(FaultUpstream upstream) {
    List<Received> all = upstream.requests();
    return all.stream().filter(request -> request.method().equals("POST")).count();
  }

  private static HttpRequest request(ServerProcess server, boolean stream) {
    String body =
        "{\"model\":\"openai_compatible/m\",\"messages\":[{\"role\":\"user\",\"content\":\"Count\"}]"
            + (stream ? ",\"stream\":true}" : "}");
    return HttpRequest.newBuilder(server.uri(PATH))
        .header("content-type", "application/json")
        .header("x-llm-cache", "true")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    return client.send(request, BodyHandlers.ofString());
  }
}
