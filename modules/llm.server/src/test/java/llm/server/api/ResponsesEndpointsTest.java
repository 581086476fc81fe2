package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.response.Responses;
import llm.core.response.ResponsesSettings;
import llm.core.scripted.Step;
import llm.core.store.memory.MemoryLogStore;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.port.IdSource;
import llm.server.http.Admission;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@DisplayName("P-3: /v1/responses and /v1/completions over real sockets")
class ResponsesEndpointsTest {
  private static final Step STARTED = emit(new StreamEvent.Started("mock"));
  private static final Step DONE = emit(new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 2)));
  private static final Pattern ID = Pattern.compile("resp_[0-9a-f]{32}");

  private final TimerThread timer = new TimerThread(_ -> {});
  private Gateway gateway;
  private Responses responses;
  private TestServer server;

  private static Step emit(StreamEvent event) {
    return new Step.Emit(event);
  }

  private static Step text(String text) {
    return emit(new StreamEvent.TextDelta(text));
  }

  private void serve(Step... script) throws Exception {
    var telemetry = new RecordingTelemetry();
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(new FakeProvider(timer, script))),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    var store = new MemoryLogStore(1 << 20, 1 << 18, timer.time(), telemetry.metrics());
    responses =
        new Responses(
            ResponsesSettings.DEFAULTS, gateway, store, telemetry, timer, IdSource.RANDOM);
    List<Route> routes = new ArrayList<>();
    routes.addAll(new OpenAiEndpoints(gateway, timer.time(), IdSource.RANDOM).routes());
    routes.addAll(new ResponsesEndpoints(gateway, responses).routes());
    server = TestServer.open(new Admission(8), new ErrorDialects(), routes);
  }

  @AfterEach
  void closeAll() {
    server.close();
    responses.close();
    gateway.close();
    timer.close();
  }

  private HttpResponse<String> create(String body) throws Exception {
    return server.send("POST", "/v1/responses", body);
  }

  private static String id(String body) {
    var found = ID.matcher(body);
    assertThat(found.find()).as(body).isTrue();
    return found.group();
  }

  @Test
  void answersWholeAndFindsItAgain() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var made = create("{\"input\":\"Hi\"}");
    assertThat(made.statusCode()).isEqualTo(200);
    assertThat(made.body())
        .contains("\"object\":\"response\"", "\"status\":\"completed\"", "\"text\":\"Hello\"");
    String id = id(made.body());
    assertThat(server.get("/v1/responses/" + id).body()).isEqualTo(made.body());
    assertThat(server.get("/v1/responses/" + id + "/input_items?order=asc&limit=5").body())
        .contains("\"text\":\"Hi\"", "\"has_more\":false");
    assertThat(server.get("/v1/responses/" + id + "?stream=true").body())
        .startsWith("event: response.created\n")
        .contains("event: response.completed\n");
    assertThat(server.send("POST", "/v1/responses/" + id + "/cancel", "").statusCode())
        .isEqualTo(400);
    assertThat(server.send("DELETE", "/v1/responses/" + id, "").body())
        .contains("\"deleted\":true");
    assertThat(server.get("/v1/responses/" + id).statusCode()).isEqualTo(404);
  }

  @Test
  void streamsItsEvents() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var made = create("{\"input\":\"Hi\",\"stream\":true}");
    assertThat(made.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    assertThat(made.body())
        .startsWith("event: response.created\n")
        .contains("\"delta\":\"Hel\"", "\"delta\":\"lo\"", "event: response.completed\n")
        .doesNotContain("[DONE]");
    assertThat(server.get("/v1/responses/" + id(made.body())).statusCode()).isEqualTo(200);
  }

  @Test
  void aStreamThatFailsSaysSoAndIsFoundAsFailed() throws Exception {
    serve(
        STARTED,
        text("Hel"),
        emit(new StreamEvent.Failed(new LlmError.ProviderFailed("fake", "Gone."), Usage.NONE)));
    var made = create("{\"input\":\"Hi\",\"stream\":true}");
    assertThat(made.body()).contains("event: response.failed\n", "Gone.");
    assertThat(server.get("/v1/responses/" + id(made.body())).body())
        .contains("\"status\":\"failed\"", "\"text\":\"Hel\"");
  }

  @Test
  void aRefusalBeforeTheFirstEventIsAnErrorOfItsOwnStatus() throws Exception {
    serve(emit(new StreamEvent.Failed(new LlmError.ModelUnavailable("mock", "Away."), Usage.NONE)));
    assertThat(create("{\"input\":\"Hi\",\"stream\":true}").statusCode()).isEqualTo(503);
    assertThat(create("{\"input\":\"Hi\"}").body()).contains("\"error\":{", "\"code\":");
    assertThat(create("{\"input\":\"Hi\",\"model\":\"none\"}").statusCode()).isEqualTo(404);
    assertThat(create("{\"input\":7}").body()).contains("\"param\":\"input\"");
    assertThat(create("{\"input\":\"Hi\",\"previous_response_id\":\"resp_x\"}").body())
        .contains("\"param\":\"previous_response_id\"");
  }

  @Test
  void aBackgroundAnswerIsWatchedFromItsBeginning() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    String id = id(create("{\"input\":\"Hi\",\"background\":true}").body());
    String all = server.get("/v1/responses/" + id + "?stream=true").body();
    assertThat(all).startsWith("event: response.created\n").contains("\"delta\":\"Hel\"");
    String rest = server.get("/v1/responses/" + id + "?stream=true&starting_after=4").body();
    assertThat(rest).isNotEmpty();
    assertThat(all).endsWith(rest);
    assertThat(rest).doesNotContain("\"delta\":\"Hel\"");
    assertThat(create("{\"input\":\"Hi\",\"background\":true,\"stream\":true}").body())
        .contains("event: response.completed\n", "\"background\":true");
    assertThat(server.get("/v1/responses/" + id + "?starting_after=4").statusCode()).isEqualTo(400);
    assertThat(server.get("/v1/responses/" + id + "?stream=maybe").statusCode()).isEqualTo(400);
  }

  @Test
  void completesAPrompt() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    assertThat(server.send("POST", "/v1/completions", "{\"prompt\":\"Hi\"}").body())
        .contains("\"object\":\"text_completion\"", "\"text\":\"Hello\"");
    assertThat(
            server
                .send(
                    "POST", "/v1/completions", "{\"prompt\":\"Hi\",\"echo\":true,\"stream\":true}")
                .body())
        .contains("\"text\":\"Hi\"", "\"text\":\"Hel\"")
        .endsWith("data: [DONE]\n\n");
    assertThat(server.send("POST", "/v1/completions", "{\"prompt\":[\"a\",\"b\"]}").statusCode())
        .isEqualTo(400);
  }
}
