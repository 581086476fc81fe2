package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.scripted.Step;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Principal;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.server.http.Admission;
import llm.server.http.Gate;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** P-3: Anthropic's endpoints over a scripted provider, over real sockets. */
@Timeout(60)
class AnthropicEndpointsTest {
  private static final String HI =
      "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
  private static final Step STARTED = emit(new StreamEvent.Started("mock"));
  private static final Step DONE =
      emit(new StreamEvent.Done(FinishReason.STOP, new Usage(30, 2, 10, 0, 5)));

  private final TimerThread timer = new TimerThread(_ -> {});
  private Gateway gateway;
  private TestServer server;

  private static Step emit(StreamEvent event) {
    return new Step.Emit(event);
  }

  private static Step text(String text) {
    return emit(new StreamEvent.TextDelta(text));
  }

  private List<Route> routes(Step... script) {
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(new FakeProvider(timer, script))),
            Catalogue.EMPTY,
            new RecordingTelemetry(),
            timer,
            IdSource.RANDOM,
            _ -> {});
    List<Route> routes = new ArrayList<>();
    routes.addAll(new AnthropicEndpoints(gateway, IdSource.RANDOM).routes());
    routes.addAll(new OpenAiEndpoints(gateway, timer.time(), IdSource.RANDOM).routes());
    return routes;
  }

  private void serve(Step... script) throws Exception {
    server = TestServer.open(new Admission(8), new ErrorDialects(), routes(script));
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(server.uri(path)).POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return server.send(request.build());
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void answersAMessage() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var response = post("/v1/messages", "{\"model\":\"mock\"," + HI + "}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .startsWith("{\"id\":\"msg_")
        .contains(
            "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\"",
            "{\"type\":\"text\",\"text\":\"Hello\",\"citations\":null}",
            "\"stop_reason\":\"end_turn\"",
            "\"input_tokens\":15,\"cache_creation_input_tokens\":5,"
                + "\"cache_read_input_tokens\":10,\"output_tokens\":2");
    assertThat(header(response, "request-id"))
        .isNotEmpty()
        .isEqualTo(header(response, "x-request-id"));
    assertThat(header(response, "x-llm-lost")).isEmpty();
  }

  @Test
  void streamsAMessage() throws Exception {
    serve(STARTED, text("Hel"), text("lo"), DONE);
    var response = post("/v1/messages", "{\"stream\":true," + HI + "}");
    assertThat(header(response, "content-type")).isEqualTo("text/event-stream; charset=utf-8");
    assertThat(header(response, "request-id")).isNotEmpty();
    assertThat(response.body())
        .startsWith("event: message_start\ndata: {")
        .contains("event: ping\n", "\"text_delta\",\"text\":\"lo\"")
        .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  }

  @Test
  void aFailureInMidStreamIsAnErrorEvent() throws Exception {
    serve(
        STARTED,
        text("Hel"),
        emit(new StreamEvent.Failed(new LlmError.ProviderFailed("f", "It broke."), Usage.NONE)));
    var response = post("/v1/messages", "{\"stream\":true," + HI + "}");
    assertThat(response.body())
        .contains(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                + "\"message\":\"It broke.\"},\"request_id\":\""
                + header(response, "request-id"))
        .doesNotContain("message_stop");
  }

  @Test
  void namesWhatDoesNotReachTheModel() throws Exception {
    serve(STARTED, text("a"), DONE);
    String more =
        ",\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"auto\",\"a\\r\\nb, ü\":1,"
            + "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{}}]}";
    var whole = post("/v1/messages", "{" + HI + more, "anthropic-beta", "x-1");
    assertThat(header(whole, "x-llm-lost"))
        .isEqualTo(
            "a??b???, messages[].content[].cache_control, metadata, service_tier, anthropic-beta");
    String streamed = "{\"stream\":true," + HI + more;
    assertThat(header(post("/v1/messages", streamed), "x-llm-lost"))
        .contains("metadata, service_tier");
    var openAi =
        post(
            "/v1/chat/completions",
            "{\"user\":\"u\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    assertThat(header(openAi, "x-llm-lost")).isEqualTo("user");
  }

  @Test
  void boundsTheHeaderOfWhatIsLost() throws Exception {
    serve(STARTED, text("a"), DONE);
    var body = new StringBuilder("{" + HI);
    for (int i = 0; i < 300; i++) {
      body.append(",\"field_").append(i).append("_").append("x".repeat(i)).append("\":1");
    }
    var response = post("/v1/messages", body.append("}").toString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(header(response, "x-llm-lost")).hasSizeLessThan(1_024).matches(".*, \\+\\d+");
  }

  @Test
  void countsTokens() throws Exception {
    serve();
    var few =
        post(
            "/v1/messages/count_tokens",
            "{\"model\":\"mock\",\"messages\":[{\"role\":" + "\"user\",\"content\":\"Hi\"}]}");
    assertThat(few.statusCode()).isEqualTo(200);
    assertThat(few.body()).matches("\\{\"input_tokens\":\\d+}");
    var more =
        post(
            "/v1/messages/count_tokens",
            "{\"system\":\""
                + "word ".repeat(50)
                + "\","
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    assertThat(count(more)).isGreaterThan(count(few) + 40);
    assertThat(header(more, "request-id")).isNotEmpty();
  }

  private static int count(HttpResponse<String> response) {
    return Integer.parseInt(response.body().replaceAll("\\D", ""));
  }

  @Test
  void errorsBeforeTheHandlerAreInTheDialectToo() throws Exception {
    serve(STARTED, DONE);
    Map<HttpResponse<String>, String> expected =
        Map.of(
            post("/v1/messages", "{\"max_tokens\":"), "400 invalid_request_error",
            post("/v1/messages", "{\"model\":\"nope\"," + HI + "}"), "404 not_found_error",
            post("/v1/messages", "{\"temperature\":2," + HI + "}"), "400 invalid_request_error",
            post("/v1/messages", "{}", "content-type", "text/plain"), "415 invalid_request_error",
            post("/v1/messages", " ".repeat(2 << 20)), "413 request_too_large",
            post("/v1/messages/batches", "{}"), "404 not_found_error",
            server.get("/v1/messages"), "405 invalid_request_error");
    expected.forEach((response, wanted) -> {
      assertThat(response.statusCode() + " " + type(response))
          .as(response.body())
          .isEqualTo(wanted);
      assertThat(response.body())
          .startsWith("{\"type\":\"error\",\"error\":{")
          .endsWith("\"request_id\":\"" + header(response, "request-id") + "\"}");
    });
  }

  private static String type(HttpResponse<String> response) {
    return response.body().replaceAll(".*\"error\":\\{\"type\":\"([a-z_]+)\".*", "$1");
  }

  @Test
  void whatIsBusyIsOverloadedAndWhoIsUnknownIsNotLetIn() throws Exception {
    Gate gate =
        (head, _) -> {
          if (head.apiKey().isEmpty()) {
            throw new LlmException(new LlmError.Unauthorized("Who?"));
          }
          return Principal.LOCAL;
        };
    server =
        TestServer.open(
            gate,
            new ErrorDialects(),
            routes(
                emit(
                    new StreamEvent.Failed(
                        new LlmError.Overloaded("places", 1, Duration.ofSeconds(3)), Usage.NONE))));
    var unknown = post("/v1/messages", "{" + HI + "}");
    assertThat(unknown.statusCode()).isEqualTo(401);
    assertThat(type(unknown)).isEqualTo("authentication_error");
    var busy = post("/v1/messages", "{" + HI + "}", "x-api-key", "k");
    assertThat(busy.statusCode()).isEqualTo(529);
    assertThat(type(busy)).isEqualTo("overloaded_error");
    assertThat(header(busy, "retry-after")).isEqualTo("3");
    var openAi =
        post(
            "/v1/chat/completions",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
            "x-api-key",
            "k");
    assertThat(openAi.statusCode()).isEqualTo(503);
  }

  @Test
  void listsModelsForClientsOfTheDialect() throws Exception {
    serve();
    var all = models("");
    assertThat(all.body())
        .contains(
            "{\"type\":\"model\",\"id\":\"mock\",\"display_name\":\"mock\","
                + "\"created_at\":\"1970-01-01T00:00:01Z\",\"max_input_tokens\":1000",
            "\"has_more\":false,\"first_id\":\"mock\",\"last_id\":\"org/a b\"");
    assertThat(header(all, "request-id")).isNotEmpty();
    assertThat(models("?limit=1").body())
        .contains("\"has_more\":true,\"first_id\":\"mock\",\"last_id\":\"mock\"");
    assertThat(models("?after_id=mock&limit=1").body())
        .contains("\"has_more\":false,\"first_id\":\"org/a b\"");
    assertThat(models("?before_id=mock").body()).contains("\"data\":[],\"has_more\":false");
    assertThat(models("?before_id=nobody").statusCode()).isEqualTo(400);
    assertThat(models("/mock").body()).startsWith("{\"type\":\"model\",\"id\":\"mock\"");
    var unknown = models("/nobody");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(type(unknown)).isEqualTo("not_found_error");
    assertThat(server.get("/v1/models").body()).contains("\"object\":\"list\"");
  }

  private HttpResponse<String> models(String rest) throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri("/v1/models" + rest))
            .header("anthropic-version", "2023-06-01")
            .build());
  }
}
