package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.TimerThread;
import llm.core.conversation.ConversationSettings;
import llm.core.conversation.Conversations;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.scripted.Step;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.core.tokens.TokenCounters;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.port.IdSource;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-6: /conversations over real sockets")
@Timeout(60)
class ConversationEndpointsTest {
  private static final String PATH = "/conversations";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Step[] ANSWER = {
    new Step.Emit(new StreamEvent.Started("mock")),
    new Step.Emit(new StreamEvent.TextDelta("Good ")),
    new Step.Emit(new StreamEvent.TextDelta("\"day\" 🙂\n")),
    new Step.Emit(new StreamEvent.Done(FinishReason.STOP, new Usage(20, 3, 10)))
  };

  private final TimerThread timer = new TimerThread(_ -> {});
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private FakeProvider provider;
  private Gateway gateway;
  private Conversations conversations;
  private TestServer server;

  private void serve(Step... script) throws Exception {
    provider = new FakeProvider(timer, script);
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(provider)),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    conversations =
        new Conversations(
            ConversationSettings.read(TestConfig.yaml("").root()),
            Prompts.DEFAULTS,
            gateway,
            new MemoryLogStore(64 << 20, 8 << 20, timer.time(), telemetry.metrics()),
            new MemoryValueStore(1 << 20, timer.time(), telemetry.metrics()),
            new TokenCounters(),
            telemetry,
            timer,
            IdSource.RANDOM);
    server =
        TestServer.open(
            (head, _) -> new Principal(head.apiKey().orElseThrow()),
            new ErrorDialects(),
            new ConversationEndpoints(conversations).routes());
  }

  @AfterEach
  void closeAll() {
    server.close();
    conversations.close();
    gateway.close();
    timer.close();
  }

  private HttpRequest request(String key, String method, String path, String body) {
    return HttpRequest.newBuilder(server.uri(path))
        .timeout(Duration.ofSeconds(20))
        .header("x-api-key", key)
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> send(String key, String method, String path, String body)
      throws Exception {
    return CLIENT.send(
        request(key, method, path, body),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private HttpResponse<String> turn(String body) throws Exception {
    return send("ann", "POST", PATH + "/c1/turns", body);
  }

  private void open() throws Exception {
    assertThat(send("ann", "POST", PATH, "{\"id\":\"c1\",\"model\":\"mock\"}").statusCode())
        .isEqualTo(201);
  }

  @Test
  void aConversationIsMadeTalkedReadAndDeleted() throws Exception {
    serve(ANSWER);
    var made =
        send("ann", "POST", PATH, "{\"id\":\"c1\",\"model\":\"mock\",\"system\":\"Be kind.\"}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(made.headers().firstValue("Location")).contains("/conversations/c1");
    assertThat(made.body()).contains("\"id\":\"c1\",\"model\":\"mock\"", "\"turns\":0");

    var turn = turn("{\"text\":\"Hello\",\"turn_id\":\"t1\"}");
    assertThat(turn.statusCode()).as(turn.body()).isEqualTo(200);
    assertThat(turn.headers().firstValue("Content-Type"))
        .contains("text/event-stream; charset=utf-8");
    List<String> frames = List.of(turn.body().split("\n\n"));
    assertThat(frames.subList(0, 4))
        .containsExactly(
            "data: {\"type\":\"turn_started\",\"conversation_id\":\"c1\",\"turn_id\":\"t1\","
                + "\"replayed\":false}",
            "data: {\"type\":\"chunk\",\"text_chunk\":\"Good \",\"is_final_chunk\":false}",
            "data: {\"type\":\"chunk\",\"text_chunk\":\"\\\"day\\\" 🙂\\n\","
                + "\"is_final_chunk\":false}",
            "data: {\"type\":\"chunk\",\"text_chunk\":\"\",\"is_final_chunk\":true}");
    assertThat(frames).hasSize(5);
    assertThat(frames.getLast())
        .startsWith(
            "data: {\"type\":\"turn_finished\",\"turn_id\":\"t1\",\"finish_reason\":\"stop\"")
        .contains(
            "\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":3,\"total_tokens\":23,"
                + "\"cached_tokens\":10}",
            "\"time_to_first_token_ms\":",
            "\"handover_ms\":null",
            "\"durable\":false");

    var whole = send("ann", "GET", PATH + "/c1", "");
    assertThat(whole.body())
        .contains(
            "\"turns\":1",
            "\"type\":\"created\",\"system\":\"Be kind.\"",
            "\"type\":\"asked\",\"turn_id\":\"t1\",\"text\":\"Hello\"",
            "\"text\":\"Good \\\"day\\\" 🙂\\n\",\"finish_reason\":\"stop\"",
            "\"next_from\":null");
    assertThat(send("ann", "GET", PATH + "/c1?from=1&limit=1", "").body())
        .contains("\"position\":1", "\"next_from\":2")
        .doesNotContain("\"position\":2");
    assertThat(send("ann", "DELETE", PATH + "/c1", "").statusCode()).isEqualTo(204);
    assertThat(send("ann", "GET", PATH + "/c1", "").statusCode()).isEqualTo(404);
    assertThat(send("ann", "DELETE", PATH + "/c1", "").statusCode()).isEqualTo(404);
  }

  @Test
  void aTurnThatIsSentAgainIsToldAgain() throws Exception {
    serve(ANSWER);
    open();
    String body = "{\"text\":\"Hello\",\"turn_id\":\"t1\"}";
    turn(body);

    assertThat(turn(body).body())
        .contains("\"replayed\":true", "\"text_chunk\":\"Good \\\"day\\\" 🙂\\n\"");
    assertThat(turn("{\"text\":\"Else\",\"turn_id\":\"t1\"}").statusCode()).isEqualTo(409);
  }

  @Test
  void aSecondTurnAtOnceIsAConflictThatNamesTheFirst() throws Exception {
    serve(
        new Step.Emit(new StreamEvent.Started("mock")),
        new Step.Emit(new StreamEvent.TextDelta("…")),
        new Step.Pause(Duration.ofMinutes(10)));
    open();
    var first =
        CLIENT
            .sendAsync(
                request("ann", "POST", PATH + "/c1/turns", "{\"text\":\"a\",\"turn_id\":\"t1\"}"),
                HttpResponse.BodyHandlers.ofInputStream())
            .get();
    first.body().read();

    var second = turn("{\"text\":\"b\",\"turn_id\":\"t2\"}");
    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(second.body())
        .contains("\"code\":\"conflict\"", "Conversation c1 is answering turn t1");
    assertThat(send("ann", "GET", PATH + "/c1", "").body()).contains("\"running_turn\":\"t1\"");
    first.body().close(); // and the client leaves
    assertThat(provider.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
  }

  @Test
  void anAnswerThatBreaksOffEndsWithTheErrorAndHowItWent() throws Exception {
    serve(
        new Step.Emit(new StreamEvent.Started("mock")),
        new Step.Emit(new StreamEvent.TextDelta("Go")),
        new Step.Emit(
            new StreamEvent.Failed(new LlmError.ProviderFailed("fake", "It broke."), Usage.NONE)));
    open();

    String body = turn("{\"text\":\"a\"}").body();

    String last = body.strip().substring(body.strip().lastIndexOf("data: "));
    assertThat(last)
        .startsWith("data: {\"type\":\"turn_failed\",\"error\":{\"code\":\"provider_failed\"")
        .contains("\"finish_reason\":null", "\"turn_id\":\"turn-");
    assertThat(body).doesNotContain("\"is_final_chunk\":true");
  }

  @Test
  void pagesOfTheListFollowEachOther() throws Exception {
    serve(ANSWER);
    for (int i = 0; i < 5; i++) {
      send("ann", "POST", PATH, "{\"id\":\"c%d\"}".formatted(i));
    }
    send("bob", "POST", PATH, "{\"id\":\"b\"}");

    String first = send("ann", "GET", PATH + "?limit=3", "").body();
    assertThat(first).contains("\"c0\"", "\"c1\"", "\"c2\"", "\"next_after\":\"c2\"");
    assertThat(first).doesNotContain("\"c3\"", "\"b\"");
    assertThat(send("ann", "GET", PATH + "?limit=3&after=c2", "").body())
        .contains("\"c3\"", "\"c4\"", "\"next_after\":null");
    assertThat(send("ann", "GET", PATH + "?limit=0", "").statusCode()).isEqualTo(400);
    assertThat(send("ann", "GET", PATH + "?page=2", "").body())
        .contains("'page' is not known here; use after and limit.");
    assertThat(send("bob", "GET", PATH + "/c1", "").statusCode()).isEqualTo(404);
    assertThat(send("bob", "POST", PATH + "/c1/turns", "{\"text\":\"x\"}").statusCode())
        .isEqualTo(404);
  }

  @Test
  void badBodiesAreRefusedWithWhereTheyAreWrong() throws Exception {
    serve(ANSWER);
    open();

    assertThat(turn("{\"text\":\"a\",\"mood\":1}").body())
        .contains("The field 'mood' is not known here; text and turn_id are");
    assertThat(turn("{}").body()).contains("text is missing");
    assertThat(turn("{\"text\":\"a\",\"turn_id\":\"a b\"}").body()).contains("turn_id must match");
    assertThat(send("ann", "POST", PATH, "{\"id\":\"../x\"}").body()).contains("id must match");
    assertThat(send("ann", "POST", PATH, "{\"model\":\"nope\"}").statusCode()).isEqualTo(404);
    assertThat(send("ann", "POST", PATH, "[1]").statusCode()).isEqualTo(400);
    assertThat(send("ann", "POST", PATH, "").statusCode()).isEqualTo(201);
    assertThat(send("ann", "PUT", PATH + "/c1", "{}").statusCode()).isEqualTo(405);
    assertThat(send("ann", "GET", PATH + "/c1/turns", "").statusCode()).isEqualTo(404);
  }
}
