package llm.server.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.server.boot.StartedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Upstream traffic is recorded with its secrets masked, and replayed as it was")
class RecordReplayTest {
  private static final String KEY = "up-5d41402abc4b2a76b9719d911017c592";
  private static final String HEADER = "team-7d793037a0760186574b0282f2f435e7";
  private static final String PASTED = "sk-proj-0123456789abcdefghijklmnop";

  /** What is asked again is asked at once; the recording has each time. */
  private static final String START = "server: {port: 0}\nresilience: {backoff_base_seconds: 0}\n";

  private static final Map<String, String> ENVIRONMENT = Map.of("KEY", KEY, "HEADER", HEADER);

  @TempDir private Path folder;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final FaultUpstream upstream = FaultUpstream.open().otherwise(RecordReplayTest::answer);

  @AfterEach
  void close() {
    upstream.close();
    client.close();
  }

  private static Reply answer(Received request) {
    String asked = request.body();
    if (request.method().equals("GET")) {
      return Reply.ok("application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}");
    }
    if (asked.contains("too often")) {
      return Reply.whole(
          429,
          "application/json",
          "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}",
          "Retry-After: 3600");
    }
    boolean stream = asked.contains("\"stream\":true");
    if (request.target().endsWith("/messages")) {
      return stream ? Upstreams.MESSAGES_STREAM : Upstreams.MESSAGES_WHOLE;
    }
    if (request.target().endsWith("/responses")) {
      return stream ? Upstreams.RESPONSES_STREAM : Upstreams.RESPONSES_WHOLE;
    }
    if (asked.contains("break off")) {
      return Upstreams.CHAT_CUT;
    }
    if (asked.contains("echo")) {
      return Upstreams.echo(KEY);
    }
    return stream ? Upstreams.CHAT_STREAM : Upstreams.CHAT_WHOLE;
  }

  /** The three upstreams, each with this setting. */
  private static String config(String url, String key, String setting) {
    String more = ", warm: {enabled: false}, " + setting + "}\n";
    return START
        + "providers:\n"
        + ("  anthropic: {" + url.formatted("") + key + more)
        + "  openai_compatible:\n    upstreams:\n"
        + ("      chat: {" + url.formatted("/v1") + key + more)
        + ("      resp: {" + url.formatted("/v1") + key + ", api: responses" + more);
  }

  private String live(String setting) {
    return config(
        "base_url: \"" + upstream.uri() + "%s\", ",
        "api_key: \"${KEY}\", secret_headers: {x-team: \"${HEADER}\"}",
        setting);
  }

  private StartedServer server(String name, String yaml) throws Exception {
    return StartedServer.of(Files.createDirectories(folder.resolve(name)), ENVIRONMENT, yaml);
  }

  private String ask(StartedServer server, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01")
            .POST(BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    return answer.statusCode()
        + " "
        + answer
            .body()
            .replaceAll("(chatcmpl|msg|resp|call|rs|fc|item|req)[-_][0-9A-Za-z-]{8,}", "$1_ID")
            .replaceAll("\"(created(_at)?|completed_at)\":[0-9]+", "\"$1\":0")
            .replaceAll("\"request_id\":\"[^\"]*\"", "\"request_id\":\"\"");
  }

  /** Every kind of answer in every dialect, by what was asked. */
  private Map<String, String> session(StartedServer server) throws Exception {
    var answers = new LinkedHashMap<String, String>();
    for (boolean stream : new boolean[] {true, false}) {
      for (String text : List.of("hello", "too often", "break off")) {
        String turn = "[{\"role\":\"user\",\"content\":\"" + text + "\"}]";
        String rest = ",\"stream\":" + stream + ",\"max_tokens\":50,\"messages\":" + turn + "}";
        answers.put(
            "chat " + text + stream,
            ask(server, "/v1/chat/completions", "{\"model\":\"chat/m\"" + rest));
        answers.put(
            "messages " + text + stream,
            ask(server, "/v1/messages", "{\"model\":\"anthropic/claude-opus-4-6\"" + rest));
        answers.put(
            "responses " + text + stream,
            ask(
                server,
                "/v1/responses",
                "{\"model\":\"resp/m\",\"stream\":" + stream + ",\"input\":\"" + text + "\"}"));
      }
    }
    return answers;
  }

  @Test
  void aReplayGivesTheClientsWhatTheUpstreamsGaveAndTwiceTheSame() throws Exception {
    Path recordings = folder.resolve("recordings");
    Map<String, String> live;
    try (StartedServer server = server("live", live("record: \"" + recordings + "\""))) {
      live = session(server);
    }
    int asked = upstream.requests().size();
    upstream.close();
    assertThat(live.get("chat hellotrue")).contains("Grüße", "[DONE]");
    assertThat(live.get("chat break offtrue")).contains("error").doesNotContain("[DONE]");
    assertThat(live.get("messages too oftenfalse")).startsWith("429 ");

    String replay = "replay: \"%s\", replay_speed: 0}\n";
    String yaml =
        START
            + "providers:\n  anthropic: {"
            + replay.formatted(recordings.resolve("anthropic.jsonl"))
            + "  openai_compatible:\n    upstreams:\n      chat: {"
            + replay.formatted(recordings.resolve("chat.jsonl"))
            + "      resp: {api: responses, "
            + replay.formatted(recordings.resolve("resp.jsonl"));
    for (String run : List.of("first", "second")) {
      try (StartedServer server = server(run, yaml)) {
        assertThat(session(server)).as(run).isEqualTo(live);
      }
    }
    assertThat(upstream.requests()).as("nothing goes to the network").hasSize(asked);
  }

  @Test
  void noSecretThatWasUsedStandsInTheFile() throws Exception {
    Path file = folder.resolve("all.jsonl");
    String said = "{\"model\":\"chat/m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    try (StartedServer server = server("live", live("record: \"" + file + "\""))) {
      String echoed =
          ask(server, "/v1/chat/completions", said.formatted("echo " + KEY + " and " + PASTED));
      assertThat(echoed).as("the answer itself is left alone").contains(KEY);
    }
    assertThat(upstream.lastPost().header("authorization")).contains("Bearer " + KEY);
    assertThat(upstream.lastPost().header("x-team")).contains(HEADER);
    String recorded = Files.readString(file);
    assertThat(recorded).contains("echo ****", "x-team").doesNotContain(KEY, HEADER, PASTED);
    for (String secret : List.of(KEY, HEADER, PASTED)) {
      assertThat(recorded).doesNotContain(secret.substring(0, 20), secret.substring(14));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void whatWasNotRecordedIsRefusedWithWhatIsNearest() throws Exception {
    Path file = folder.resolve("chat.jsonl");
    String said =
        "{\"model\":\"chat/m\",\"temperature\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    try (StartedServer server = server("live", live("record: \"" + file + "\""))) {
      ask(server, "/v1/chat/completions", said.formatted("1", "hello"));
    }
    String yaml =
        START
            + "providers:\n  openai_compatible:\n    upstreams:\n      chat: {replay: \""
            + file
            + "\", replay_speed: 0, replay_strict: true}\n";
    try (StartedServer server = server("replay", yaml)) {
      assertThat(ask(server, "/v1/chat/completions", said.formatted("1.0", "hello")))
          .as("the same number")
          .startsWith("200 ");
      assertThat(ask(server, "/v1/chat/completions", said.formatted("1", "hello")))
          .startsWith("404 ")
          .contains("was recorded 1 times and came more often");
      assertThat(ask(server, "/v1/chat/completions", said.formatted("0.5", "good bye")))
          .startsWith("404 ")
          .contains("POST /chat/completions", "differs in")
          .contains("temperature", "messages[0].content")
          .doesNotContain("hello");
    }
  }
}
