package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.server.boot.StartedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-7: schemas before upstreams that take none, in every dialect, over real sockets")
@Timeout(60)
class StructuredOutputTest {
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}";
  private static final String GOOD = "{\"n\":1}";
  private static final String BAD = "{\"n\":\"one\"}";
  private static final String CUT = "{\"n\":";
  private static final String CHAT =
      "{\"model\":\"%s\"%s,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
          + "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\","
          + "\"strict\":true,\"schema\":%s}}}";

  /** A dialect: its path, what it sends, and how it says what became of it. */
  enum Front {
    CHAT_COMPLETIONS("/v1/chat/completions", CHAT, "\"finish_reason\":\"length\""),
    LLM("/llm/", CHAT, "\"finish_reason\":\"length\""),
    RESPONSES(
        "/v1/responses",
        "{\"model\":\"%s\"%s,\"input\":\"Hi\",\"text\":{\"format\":{\"type\":"
            + "\"json_schema\",\"name\":\"s\",\"strict\":true,\"schema\":%s}}}",
        "\"max_output_tokens\"}"),
    MESSAGES(
        "/v1/messages",
        "{\"model\":\"%s\"%s,\"max_tokens\":100,\"messages\":[{\"role\":\"user\","
            + "\"content\":\"Hi\"}],\"output_config\":{\"format\":{\"type\":\"json_schema\","
            + "\"schema\":%s}}}",
        "\"stop_reason\":\"max_tokens\"");

    private final String path;
    private final String body;
    private final String cut;

    Front(String path, String body, String cut) {
      this.path = path;
      this.body = body;
      this.cut = cut;
    }

    private String path(boolean stream) {
      return this == LLM ? path + (stream ? "stream" : "chat") : path;
    }
  }

  record Way(Front front, boolean stream) {
    /** The fields that ask for a stream. */
    private String streaming() {
      if (!stream || front == Front.LLM) {
        return "";
      }
      boolean counts = front == Front.CHAT_COMPLETIONS;
      return ",\"stream\":true" + (counts ? ",\"stream_options\":{\"include_usage\":true}" : "");
    }
  }

  static Stream<Way> ways() {
    return Stream.of(Front.values())
        .flatMap(front -> Stream.of(new Way(front, false), new Way(front, true)));
  }

  @TempDir Path folder;
  private final Queue<String[]> answers = new ConcurrentLinkedQueue<>(); // text and reason
  private final FaultUpstream upstream = FaultUpstream.open().otherwise(this::answer);
  private final HttpClient client = HttpClient.newHttpClient();
  private StartedServer server;

  private Reply answer(Received request) {
    if (!request.method().equals("POST")) {
      return Reply.ok("application/json", "{\"data\":[]}");
    }
    String[] next = answers.remove();
    String text = next[0].replace("\"", "\\\"");
    String usage = "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}";
    if (!request.body().contains("\"stream\":true")) {
      return Reply.ok(
          "application/json",
          ("{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                  + "\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":"
                  + "\"%s\"}],%s}")
              .formatted(text, next[1], usage));
    }
    String chunk =
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{"
            + "\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":%s}],%s}";
    return Reply.events(
        chunk.formatted(text, "null", "\"usage\":null"),
        chunk.formatted("", "\"" + next[1] + "\"", usage),
        "[DONE]");
  }

  @BeforeEach
  void serve() throws Exception {
    String one =
        "      %s: {base_url: \"%s/v1\", models: [m], json_schema: %s, refresh_seconds: 3600,"
            + " warm: {enabled: false}}\n";
    server =
        StartedServer.of(
            folder,
            Map.of(),
            "server: {port: 0}\nresilience: {attempts: 1}\nproviders:\n"
                + "  openai_compatible:\n    upstreams:\n"
                + one.formatted("told", upstream.uri(), "words")
                + one.formatted("moded", upstream.uri(), "json_object")
                + one.formatted("takes", upstream.uri(), "native")
                + one.formatted("none", upstream.uri(), "refuse"));
  }

  @AfterEach
  void closeAll() {
    server.close();
    client.close();
    upstream.close();
  }

  private HttpResponse<String> ask(Way way, String model, String... texts) throws Exception {
    for (String text : texts) {
      answers.add(new String[] {text, text.equals(CUT) ? "length" : "stop"});
    }
    return send(way, model, SCHEMA);
  }

  private HttpResponse<String> send(Way way, String model, String schema) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + way.front().path(way.stream())))
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01")
            .POST(
                BodyPublishers.ofString(way.front().body.formatted(model, way.streaming(), schema)))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private List<String> asked() {
    return upstream.requests().stream()
        .filter(request -> request.method().equals("POST"))
        .map(Received::body)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("ways")
  void anAnswerThatDoesNotFitIsMended(Way way) throws Exception {
    HttpResponse<String> answer = ask(way, "told/m", BAD, GOOD);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-llm-repaired")).contains("1");
    assertThat(answer.body()).contains("{\\\"n\\\":1}").doesNotContain("\\\"one");
    boolean ours = way.front() == Front.RESPONSES || way.front() == Front.MESSAGES;
    assertThat(answer.body()).contains(ours ? "\"input_tokens\":20" : "\"prompt_tokens\":20");
    assertThat(asked()).hasSize(2);
    assertThat(asked().getFirst())
        .contains("\"role\":\"system\"", "JSON Schema")
        .doesNotContain("response_format");
    assertThat(asked().getLast())
        .contains("{\\\"n\\\":\\\"one\\\"}", "expected a whole number, found a string");
  }

  @ParameterizedTest
  @MethodSource("ways")
  void anAnswerThatIsNotMendedIsAnErrorOfTheUpstream(Way way) throws Exception {
    HttpResponse<String> answer = ask(way, "told/m", BAD, BAD);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body())
        .contains("expected a whole number", "$.properties.n.type", "shown what was wrong")
        .doesNotContain("one\\\"");
    assertThat(answer.headers().firstValue("x-llm-repaired")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("ways")
  void anAnswerThatWasCutSaysSo(Way way) throws Exception {
    HttpResponse<String> answer = ask(way, "told/m", CUT);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains(way.front().cut).contains("{\\\"n\\\":");
    assertThat(asked()).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void whoTakesNoneAndIsNotToBeToldRefuses(Way way) throws Exception {
    HttpResponse<String> answer = ask(way, "none/m");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("takes no JSON Schema; see its setting json_schema");
  }

  @ParameterizedTest
  @MethodSource("ways")
  void aSchemaThatNobodyCanJudgeByIsRefusedWithItsPlace(Way way) throws Exception {
    HttpResponse<String> answer =
        send(way, "told/m", "{\"properties\":{\"a\":{\"pattern\":\"(\"}}}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("$.properties.a.pattern", "a group is not closed");
    assertThat(asked()).isEmpty();
  }

  @Test
  void aJsonModeIsUsedWhereThereIsOne() throws Exception {
    var chat = new Way(Front.CHAT_COMPLETIONS, false);
    assertThat(ask(chat, "moded/m", GOOD).statusCode()).isEqualTo(200);
    assertThat(asked().getFirst())
        .contains("\"response_format\":{\"type\":\"json_object\"}", "JSON Schema");
  }

  @Test
  void whoTakesSchemasIsToldOfItAsItIsAndJudgedWhereTheAnswerIsWhole() throws Exception {
    var chat = new Way(Front.CHAT_COMPLETIONS, false);
    assertThat(ask(chat, "takes/m", BAD, GOOD).headers().firstValue("x-llm-repaired"))
        .contains("1");
    assertThat(asked()).allMatch(body -> body.contains("\"json_schema\":{\"name\":\"s\""));
    var stream = new Way(Front.CHAT_COMPLETIONS, true);
    assertThat(ask(stream, "takes/m", BAD).body()).contains("{\\\"n\\\":\\\"one\\\"}");
  }

  @Test
  void misfitsAreCountedByWhatCameOfThem() throws Exception {
    var chat = new Way(Front.CHAT_COMPLETIONS, false);
    ask(chat, "told/m", BAD, GOOD);
    ask(chat, "told/m", BAD, BAD);
    var request = HttpRequest.newBuilder(URI.create(server.url() + "/metrics")).build();
    assertThat(client.send(request, BodyHandlers.ofString()).body())
        .contains(
            "llm_schema_misfits_total{provider=\"told\",outcome=\"repaired\"} 1",
            "llm_schema_misfits_total{provider=\"told\",outcome=\"unrepaired\"} 1");
  }
}
