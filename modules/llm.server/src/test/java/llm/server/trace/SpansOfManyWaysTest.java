package llm.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.server.boot.StartedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys, cache and failovers crossed: each span ends once, below the request it belongs to. */
@Timeout(60)
class SpansOfManyWaysTest {
  private static final Pattern SPAN =
      Pattern.compile(
          "\"traceId\":\"(\\w+)\",\"spanId\":\"(\\w+)\",(?:\"parentSpanId\":\"(\\w+)\",)?"
              + "\"flags\":\\d+,\"name\":\"([^\"]+)\"");
  private static final String WHOLE =
      "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
          + "\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
  private static final String CHUNK =
      "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},"
          + "\"finish_reason\":\"stop\"}]}";
  private static final String UPSTREAM =
      "      %s: {server: generic, base_url: \"%s/v1\", models: [m], refresh_seconds: 3600, warm:"
          + " {enabled: false}}\n";

  @TempDir private Path folder;

  private record Told(String trace, String id, String parent, String name) {}

  private static Reply answer(Received request) {
    return request.body().contains("\"stream\":true")
        ? Reply.events(CHUNK, "[DONE]")
        : Reply.ok("application/json", WHOLE);
  }

  @Test
  void everySpanEndsOnceBelowItsRequest() throws Exception {
    var spans = new ArrayList<Told>();
    try (var collector = FaultUpstream.open();
        var bad = FaultUpstream.open();
        var good = FaultUpstream.open();
        var client = HttpClient.newHttpClient()) {
      collector.otherwise(_ -> Reply.ok("application/json", "{}"));
      bad.otherwise(_ -> Reply.whole(500, "application/json", "{\"error\":{\"message\":\"No.\"}}"));
      good.otherwise(SpansOfManyWaysTest::answer);
      String settings =
          "server: {port: 0}\ncache: {use: always}\nresilience: {backoff_base_seconds: 0.002}\n"
              + "tracing: {batch_ms: 1, endpoint: \"%s\"}\n".formatted(collector.uri())
              + "providers:\n  openai_compatible:\n    upstreams:\n"
              + UPSTREAM.formatted("a", bad.uri())
              + UPSTREAM.formatted("b", good.uri())
              + "routes:\n"
              + "  x: {targets: [{provider: a, model: m}, {provider: b, model: m}]}\n";
      try (var server = StartedServer.of(folder, Map.of(), settings)) {
        for (boolean stream : new boolean[] {false, true}) {
          ask(client, server, "first", stream, "k"); // two targets; the stream from the cache
          ask(client, server, "first", stream, "k"); // replayed
          ask(client, server, "first", stream, ""); // from the cache
          ask(client, server, "second", stream, ""); // as the first
        }
      }
      while (spans.stream().filter(span -> span.name().startsWith("POST")).count() < 8) {
        var found = SPAN.matcher(collector.take().body());
        while (found.find()) {
          spans.add(new Told(found.group(1), found.group(2), found.group(3), found.group(4)));
        }
      }
    }
    Map<String, Told> byId = new HashMap<>();
    for (Told span : spans) {
      assertThat(byId.put(span.id(), span)).as("ended once: %s", span).isNull();
    }
    List<Told> chats = spans.stream().filter(span -> span.name().startsWith("chat ")).toList();
    assertThat(chats).as("what was asked of targets: %s", spans).hasSize(4);
    for (Told chat : chats) {
      assertThat(byId.get(chat.parent())).as("above %s", chat).isNotNull();
      assertThat(byId.get(chat.parent()).name()).isEqualTo("POST /v1/chat/completions");
      assertThat(byId.get(chat.parent()).trace()).isEqualTo(chat.trace());
    }
    long withTargets = chats.stream().map(Told::parent).distinct().count();
    assertThat(withTargets).as("replayed and cached answers ask nobody").isEqualTo(2);
  }

  private static void ask(
      HttpClient client, StartedServer server, String what, boolean stream, String key)
      throws Exception {
    String body =
        "{\"model\":\"x\",\"temperature\":0,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body.formatted(stream, what)));
    if (!key.isEmpty()) {
      request.header("Idempotency-Key", key + stream);
    }
    var answer = client.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("Hi");
  }
}
