package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@DisplayName("P-3: what becomes of responses when the real process is killed")
class ResponsesIT {
  private static final Pattern ID = Pattern.compile("resp_[0-9a-f]{32}");
  private static final Pattern NUMBER = Pattern.compile("\"sequence_number\":(\\d+)");
  private static final String PIECE =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s \"}}]}\n\n";

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final CountDownLatch slowAsked = new CountDownLatch(1);

  /** One that is asked for what is slow stops half way; others are answered by their number. */
  private Reply answer(Received request) {
    if (request.target().endsWith("/models")) {
      return Reply.ok("application/json", "{\"data\":[{\"id\":\"m\"}]}");
    }
    if (request.body().contains("slow")) {
      slowAsked.countDown();
      return Reply.chunkedHead("text/event-stream")
          .chunk(PIECE.formatted("one") + PIECE.formatted("two"))
          .awaitClose();
    }
    String says = request.body().contains("second") ? "answer two" : "answer one";
    return request.body().contains("\"stream\":true")
        ? Reply.events(
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + says + "\"}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\" and more\"},"
                + "\"finish_reason\":\"stop\"}]}",
            "[DONE]")
        : Reply.ok(
            "application/json",
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                + says
                + "\"},\"finish_reason\":\"stop\"}]}");
  }

  private String post(ServerProcess server, String body) throws Exception {
    var answer = client.send(server.post("/v1/responses", body), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String get(ServerProcess server, String path) throws Exception {
    var request = HttpRequest.newBuilder(server.uri("/v1/responses/" + path)).build();
    var answer = client.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static String id(String body) {
    return ID.matcher(body).results().findFirst().map(MatchResult::group).orElseThrow();
  }

  @Test
  void aKilledServerLosesNoneThatWasOverAndSaysWhatBecameOfTheOther() throws Exception {
    try (var upstream = FaultUpstream.open().otherwise(this::answer)) {
      var environment =
          Map.of(
              "LLM_STORE_DATA_DIR",
              folder.resolve("data").toString(),
              "OPENAI_COMPATIBLE_BASE_URL",
              upstream.uri() + "/v1",
              "LLM_GATEWAY_DEFAULT_MODEL",
              "openai_compatible/m");
      String first;
      String second;
      String slow;
      String firstWhole;
      String secondWhole;
      try (var server = ServerProcess.serve(folder, environment)) {
        first = id(post(server, "{\"input\":\"the first question\"}"));
        second =
            id(
                post(
                    server,
                    "{\"input\":\"the second question\",\"previous_response_id\":\""
                        + first
                        + "\"}"));
        slow = id(post(server, "{\"input\":\"a slow one\",\"background\":true}"));
        slowAsked.await();
        firstWhole = get(server, first);
        secondWhole = get(server, second);
        assertThat(secondWhole).contains("answer two", "\"status\":\"completed\"");
        assertThat(get(server, slow)).contains("\"status\":\"in_progress\"");
        server.kill();
        server.exitCode();
      }
      try (var server = ServerProcess.serve(folder, environment)) {
        assertThat(get(server, slow))
            .contains(
                "\"status\":\"failed\"",
                "The server stopped while it made this response; ask again.");
        assertThat(get(server, slow + "?stream=true&starting_after=2"))
            .contains("event: response.failed", "The server stopped while")
            .doesNotContain("response.completed");
        assertThat(get(server, first)).isEqualTo(firstWhole);
        assertThat(get(server, second)).isEqualTo(secondWhole);
        String third =
            post(
                server,
                "{\"input\":\"the third question\",\"previous_response_id\":\"" + second + "\"}");
        assertThat(third).contains("\"status\":\"completed\"");
        assertThat(upstream.lastPost().body())
            .containsSubsequence(
                "the first question",
                "answer one",
                "the second question",
                "answer two",
                "the third question");
        server.terminate();
        assertThat(server.exitCode()).isZero();
      }
    }
  }

  @Test
  void aStreamThatBrokeOffGoesOnBehindItsLastEvent() throws Exception {
    try (var upstream = FaultUpstream.open().otherwise(this::answer);
        var server =
            ServerProcess.serve(
                folder,
                Map.of(
                    "OPENAI_COMPATIBLE_BASE_URL",
                    upstream.uri() + "/v1",
                    "LLM_GATEWAY_DEFAULT_MODEL",
                    "openai_compatible/m"))) {
      String all =
          post(server, "{\"input\":\"the first question\",\"background\":true,\"stream\":true}");
      assertThat(numbers(all)).startsWith(0, 1, 2).doesNotHaveDuplicates();
      int last = numbers(all).length - 1;
      for (int after = 0; after < last; after++) {
        String rest = get(server, id(all) + "?stream=true&starting_after=" + after);
        assertThat(all).endsWith(rest.strip() + "\n\n");
        assertThat(numbers(rest)).startsWith(after + 1).endsWith(last);
      }
    }
  }

  private static int[] numbers(String events) {
    return NUMBER
        .matcher(events)
        .results()
        .mapToInt(found -> Integer.parseInt(found.group(1)))
        .toArray();
  }
}
