package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.scripted.Step;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.port.IdSource;
import llm.domain.port.ProviderHealth.Status;
import llm.server.http.Admission;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** P-3, O-2, O-4: the endpoints over a scripted provider, over real sockets. */
@Timeout(60)
class EndpointsTest {
  private static final Step STARTED = emit(new StreamEvent.Started("mock"));
  private static final Step DONE = emit(new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 2)));

  private final TimerThread timer = new TimerThread(_ -> {});
  private volatile boolean started = true;
  private final Admission admission = new Admission(8);
  private StoreStatus store = new StoreStatus("memory", "none", true);
  private FakeProvider provider;
  private Gateway gateway;
  private TestServer server;

  private static Step emit(StreamEvent event) {
    return new Step.Emit(event);
  }

  private static Step text(String text) {
    return emit(new StreamEvent.TextDelta(text));
  }

  private void serve(Step... script) throws Exception {
    provider = new FakeProvider(timer, script);
    serve(
        Set.of(),
        new ProviderSetup.Ready(provider),
        new ProviderSetup.Absent(List.of("local"), "No model file is configured."));
  }

  private void serve(Set<String> wanted, ProviderSetup... setups) throws Exception {
    var telemetry = new RecordingTelemetry();
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(setups),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    List<Route> routes = new ArrayList<>();
    routes.addAll(new LlmEndpoints(gateway).routes());
    routes.addAll(new OpenAiEndpoints(gateway, timer.time(), IdSource.RANDOM).routes());
    routes.addAll(
        new HealthEndpoints(
                gateway, wanted, admission, () -> store, () -> started, timer.time(), "1.2.3")
            .routes());
    routes.addAll(new MonitorEndpoints(telemetry.metrics(), Route.Kind.MONITOR, "1.2.3").routes());
    server = TestServer.open(admission, new ErrorDialects(), routes);
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return server.send("POST", path, body);
  }

  @Test
  void chatsInOurDialect() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var response = post("/llm/chat", "{\"prompt\":\"Hi\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .contains("\"content\":\"Hello\"", "\"finish_reason\":\"stop\"", "\"total_tokens\":5");
  }

  @Test
  void streamsInOurDialect() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var response = post("/llm/stream", "{\"prompt\":\"Hi\"}");
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    assertThat(response.body())
        .startsWith(
            "data: {\"token\":\"Hel\",\"is_final\":false}\n\n"
                + "data: {\"token\":\"lo\",\"is_final\":false}\n\n"
                + "data: {\"is_final\":true,\"finish_reason\":\"stop\"");
  }

  @Test
  void completesInOpenAisDialect() throws Exception {
    serve(STARTED, text("Hello"), DONE);
    var response =
        post(
            "/v1/chat/completions",
            "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .contains("\"id\":\"chatcmpl-", "\"object\":\"chat.completion\"", "\"content\":\"Hello\"");
  }

  @Test
  void streamsInOpenAisDialectWithUsageAndItsEnd() throws Exception {
    serve(STARTED, text("Hello"), DONE);
    var response =
        post(
            "/v1/chat/completions",
            """
            {"messages":[{"role":"user","content":"Hi"}],"stream":true,
             "stream_options":{"include_usage":true}}\
            """);
    assertThat(response.body())
        .startsWith("data: {\"id\":\"chatcmpl-")
        .contains("\"content\":\"Hello\"", "\"choices\":[],\"usage\":{\"prompt_tokens\":3")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void aFailureInMidStreamIsAnErrorFrameOfTheDialect() throws Exception {
    serve(
        STARTED,
        text("Hel"),
        emit(new StreamEvent.Failed(new LlmError.ProviderFailed("fake", "It broke."), Usage.NONE)));
    var openAi =
        post(
            "/v1/chat/completions",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true}");
    assertThat(openAi.statusCode()).isEqualTo(200);
    assertThat(openAi.body())
        .contains("data: {\"error\":{\"message\":\"It broke.\",\"type\":\"server_error\"")
        .doesNotContain("[DONE]");
    var ours = post("/llm/stream", "{\"prompt\":\"Hi\"}");
    assertThat(ours.body())
        .contains("data: {\"error\":{\"code\":\"provider_failed\"")
        .doesNotContain("\"is_final\":true");
  }

  @Test
  void aClientThatLeavesCancelsTheProvider() throws Exception {
    serve(STARTED, text("Hel"), new Step.Pause(Duration.ofMinutes(5)), DONE);
    var request =
        HttpRequest.newBuilder(server.uri("/llm/stream"))
            .POST(BodyPublishers.ofString("{\"prompt\":\"Hi\"}"))
            .build();
    try (var client = HttpClient.newHttpClient()) {
      InputStream body = client.send(request, BodyHandlers.ofInputStream()).body();
      byte[] first = body.readNBytes("data: {\"token\":\"Hel\"".length());
      assertThat(new String(first, StandardCharsets.UTF_8)).endsWith("Hel\"");
      body.close();
      client.shutdownNow();
    }
    assertThat(provider.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
  }

  @Test
  void refusesWhatIsNotJsonInTheDialectOfThePath() throws Exception {
    serve(STARTED, DONE);
    var openAi = post("/v1/chat/completions", "{\"messages\":[}");
    assertThat(openAi.statusCode()).isEqualTo(400);
    assertThat(openAi.body()).contains("\"code\":\"invalid_json\"", "\"param\":null");
    var ours = post("/llm/chat", "\u0000\u0001 garbage");
    assertThat(ours.statusCode()).isEqualTo(400);
    assertThat(ours.body()).contains("\"code\":\"invalid_json\"", "\"request_id\":");
    assertThat(post("/llm/chat", "").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesModelsThatAreUnknownOrAbsentWithTheReason() throws Exception {
    serve(STARTED, DONE);
    String body = "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    assertThat(post("/v1/chat/completions", body.formatted("nope")).statusCode()).isEqualTo(404);
    var absent = post("/v1/chat/completions", body.formatted("local"));
    assertThat(absent.statusCode()).isEqualTo(503);
    assertThat(absent.body()).contains("model_unavailable", "No model file is configured.");
  }

  @Test
  void listsModels() throws Exception {
    serve();
    assertThat(server.get("/v1/models").body())
        .contains("\"object\":\"list\"", "\"id\":\"mock\"", "\"id\":\"org/a b\"");
    assertThat(server.get("/llm/models").body())
        .contains("\"default_model\":\"mock\"", "\"context_tokens\":1000");
  }

  @Test
  void showsAModelWhoseIdHasSlashesAndBlanks() throws Exception {
    serve();
    assertThat(server.get("/v1/models/mock").body()).contains("\"owned_by\":\"fake\"");
    assertThat(server.get("/v1/models/org/a%20b").body()).contains("\"id\":\"org/a b\"");
    assertThat(server.get("/v1/models/org%2Fa%20b").body()).contains("\"id\":\"org/a b\"");
    assertThat(server.get("/v1/models/none").statusCode()).isEqualTo(404);
  }

  @Test
  void healthIsOkWhileWhatIsSetUpServes() throws Exception {
    serve();
    var health = server.get("/health").body();
    assertThat(health)
        .contains(
            "\"service\":\"llm.server\"",
            "\"version\":\"1.2.3\"",
            "\"status\":\"ok\"",
            "\"durability\":\"none\"",
            "\"store\":{\"kind\":\"memory\",\"status\":\"up\"}",
            "\"default_model\":\"mock\"",
            "\"fake\":{\"status\":\"up\",\"detail\":\"Fine.\"}",
            "\"local\":{\"status\":\"down\",\"detail\":\"absent: ");
    assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void healthSaysWhatIsDegraded() throws Exception {
    serve();
    provider.becomes(Status.DEGRADED, "Slow.");
    assertThat(server.get("/health").body()).contains("\"status\":\"degraded\"", "Slow.");
    assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
    provider.becomes(Status.DOWN, "Gone.");
    assertThat(server.get("/health").body()).contains("\"status\":\"degraded\"", "Gone.");
    assertThat(server.get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void healthIsDegradedWhenAProviderThatTheUserAskedForIsAbsent() throws Exception {
    provider = new FakeProvider(timer);
    serve(
        Set.of("local"),
        new ProviderSetup.Ready(provider),
        new ProviderSetup.Absent(List.of("local"), "The file is not there."));
    assertThat(server.get("/health").body()).contains("\"status\":\"degraded\"");
  }

  @Test
  void healthIsDegradedWhileTheStoreIsAway() throws Exception {
    serve();
    store = new StoreStatus("redis", "redis", false);
    assertThat(server.get("/health").body())
        .contains(
            "\"status\":\"degraded\"",
            "\"durability\":\"redis\"",
            "\"store\":{\"kind\":\"redis\",\"status\":\"down\"}");
    assertThat(server.get("/health/ready").statusCode()).as("models serve").isEqualTo(200);
  }

  @Test
  void healthSaysThatItDrains() throws Exception {
    serve();
    admission.drain();
    assertThat(server.get("/health").body()).contains("\"status\":\"draining\"");
    var ready = server.get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body()).contains("draining");
    assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void livesBeforeItIsReady() throws Exception {
    started = false;
    serve(DONE);
    assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
    var health = server.get("/health");
    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(health.body()).contains("\"status\":\"starting\"");
    var ready = server.get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body()).contains("starting");
    started = true;
    assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void givesMetricsAndAnIndex() throws Exception {
    serve(STARTED, text("x"), DONE);
    post("/llm/chat", "{\"prompt\":\"Hi\"}");
    var metrics = server.get("/metrics");
    assertThat(metrics.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    assertThat(metrics.body()).contains("# TYPE llm_requests_total counter");
    assertThat(server.get("/").body())
        .contains("\"name\":\"llm.server\"", "\"href\":\"/v1/chat/completions\"");
  }
}
