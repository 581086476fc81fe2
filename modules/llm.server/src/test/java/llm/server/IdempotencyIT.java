package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@DisplayName("P-7: what becomes of keys when the real process is killed")
class IdempotencyIT {
  private static final String BODY =
      "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final CountDownLatch slowAsked = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();

  /** The first that is slow stops half way. */
  private Reply answer(Received request) {
    if (request.target().endsWith("/models")) {
      return Reply.ok("application/json", "{\"data\":[{\"id\":\"m\"}]}");
    }
    int number = asked.incrementAndGet();
    String piece = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + number + "\"}}]}";
    if (request.body().contains("slow") && slowAsked.getCount() > 0) {
      slowAsked.countDown();
      return Reply.chunkedHead("text/event-stream").chunk("data: " + piece + "\n\n").awaitClose();
    }
    return Reply.events(
        piece, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}", "[DONE]");
  }

  private HttpRequest request(ServerProcess server, String key, String says) {
    return HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", key)
        .POST(BodyPublishers.ofString(BODY.formatted(says)))
        .build();
  }

  private HttpResponse<String> post(ServerProcess server, String key, String says)
      throws Exception {
    return client.send(request(server, key, says), BodyHandlers.ofString());
  }

  @Test
  void aKilledServerGivesAgainWhatItGaveAndMakesAnewWhatItDidNotFinish() throws Exception {
    try (var upstream = FaultUpstream.open().otherwise(this::answer)) {
      var environment =
          Map.of(
              "LLM_STORE_DATA_DIR",
              folder.resolve("data").toString(),
              "OPENAI_COMPATIBLE_BASE_URL",
              upstream.uri() + "/v1",
              "LLM_GATEWAY_DEFAULT_MODEL",
              "openai_compatible/m");
      String told;
      try (var server = ServerProcess.serve(folder, environment)) {
        told = post(server, "done", "Hi").body();
        assertThat(told).contains("\"content\":\"1\"").endsWith("data: [DONE]\n\n");
        var half = client.sendAsync(request(server, "half", "slow"), BodyHandlers.ofString());
        slowAsked.await();
        server.kill();
        server.exitCode();
        assertThat(half.handle((_, failure) -> failure != null).get()).isTrue();
      }
      try (var server = ServerProcess.serve(folder, environment)) {
        var again = post(server, "done", "Hi");
        assertThat(again.body()).isEqualTo(told);
        assertThat(again.headers().firstValue("x-llm-idempotency")).contains("replayed");
        assertThat(post(server, "done", "Ho").statusCode()).isEqualTo(422);
        var anew = post(server, "half", "slow");
        assertThat(anew.headers().firstValue("x-llm-idempotency")).contains("first");
        assertThat(anew.body()).contains("\"content\":\"3\"").endsWith("data: [DONE]\n\n");
      }
      assertThat(asked).hasValue(3);
    }
  }
}
