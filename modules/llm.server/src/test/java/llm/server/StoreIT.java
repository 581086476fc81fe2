package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import llm.core.testkit.RedisProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stores of the real process. */
class StoreIT {
  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void usesARedisAndGoesOnWithoutIt() throws Exception {
    try (var redis = RedisProcess.start(folder)) {
      var environment = Map.of("REDIS_URL", "redis://127.0.0.1:" + redis.port() + "/2");
      try (var server = ServerProcess.serve(folder, environment)) {
        server.awaitLine("redis_described");
        assertThat(server.awaitLine("server_started")).contains("\"durability\":\"redis\"");
        assertThat(health(server))
            .contains("\"status\":\"ok\"", "\"store\":{\"kind\":\"redis\",\"status\":\"up\"}");
        redis.kill();
        server.awaitLine("redis_unavailable");
        assertThat(health(server)).contains("\"status\":\"degraded\"", "\"status\":\"down\"");
        try (var second = ServerProcess.serve(folder, environment)) {
          second.awaitLine("redis_unavailable");
          assertThat(health(second)).contains("\"status\":\"degraded\"");
          redis.start();
          second.awaitLine("redis_connected");
          second.terminate();
          assertThat(second.exitCode()).isZero();
        }
        server.terminate();
        assertThat(server.exitCode()).isZero();
        assertThat(server.errors()).isEqualTo("[]");
      }
    }
  }

  @Test
  void aConversationThatAnotherServerBeganAnewIsNotWrittenTo() throws Exception {
    try (var redis = RedisProcess.start(folder)) {
      var environment = Map.of("REDIS_URL", "redis://127.0.0.1:" + redis.port());
      try (var one = ServerProcess.serve(folder, environment);
          var other = ServerProcess.serve(folder, environment)) {
        say(one, 201, "/conversations", "{\"id\":\"c1\",\"system\":\"Old.\"}");
        say(one, 200, "/conversations/c1/turns", "{\"text\":\"old question\"}");
        client.send(
            HttpRequest.newBuilder(other.uri("/conversations/c1")).DELETE().build(),
            BodyHandlers.discarding());
        say(other, 201, "/conversations", "{\"id\":\"c1\",\"system\":\"New.\"}");
        say(other, 200, "/conversations/c1/turns", "{\"text\":\"new question\"}");

        String next = "{\"text\":\"a further question\"}";
        assertThat(say(one, 409, "/conversations/c1/turns", next))
            .contains("Conversation c1 was deleted and begun anew elsewhere; ask again.");
        assertThat(conversation(one))
            .contains("New.", "new question")
            .doesNotContain("old question", "further")
            .isEqualTo(conversation(other));
        assertThat(say(one, 200, "/conversations/c1/turns", next)).contains("\"durable\":true");
        assertThat(conversation(other)).contains("new question", "a further question");
        for (ServerProcess server : List.of(one, other)) {
          server.terminate();
          assertThat(server.exitCode()).isZero();
        }
      }
    }
  }

  private String say(ServerProcess server, int status, String path, String body) throws Exception {
    var answer = client.send(server.post(path, body), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return answer.body();
  }

  private String conversation(ServerProcess server) throws Exception {
    var request = HttpRequest.newBuilder(server.uri("/conversations/c1")).build();
    String body = client.send(request, BodyHandlers.ofString()).body();
    return body.replaceFirst("\"context_ratio\":[^,}]*", ""); // known where it is in memory
  }

  private String health(ServerProcess server) throws Exception {
    var request = HttpRequest.newBuilder(server.uri("/health")).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  @Test
  void keepsAJournalOfItsOwnAndSaysSo() throws Exception {
    var environment = Map.of("LLM_STORE_DATA_DIR", folder.resolve("data").toString());
    try (var server = ServerProcess.serve(folder, environment)) {
      assertThat(server.awaitLine("server_started"))
          .contains("\"store\":\"journal\"", "\"durability\":\"journal\"");
      assertThat(health(server))
          .contains(
              "\"durability\":\"journal\"", "\"store\":{\"kind\":\"journal\",\"status\":\"up\"}");
      try (var second = ServerProcess.run(folder, environment, "--port", "0")) {
        assertThat(second.exitCode()).isEqualTo(2);
        assertThat(second.errors()).contains("another process uses the journal in");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
    Path segment = folder.resolve("data").resolve("0000000000000001.journal");
    assertThat(Files.size(segment)).isPositive();
    try (var file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.write('?');
      file.setLength(100);
    }
    try (var server = ServerProcess.run(folder, environment, "--port", "0")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.errors())
          .contains("is damaged: segment 0000000000000001.journal has no good head at byte 0");
    }
  }
}
