package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.scripted.Step;
import llm.core.telemetry.Level;
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

@DisplayName("The log has one line at INFO for a request, however it ends")
@Timeout(30)
class RequestLinesTest {
  private static final Step STARTED = new Step.Emit(new StreamEvent.Started("mock"));
  private static final Step TEXT = new Step.Emit(new StreamEvent.TextDelta("Hel"));
  private static final Step BROKEN =
      new Step.Emit(
          new StreamEvent.Failed(new LlmError.ProviderFailed("fake", "It broke."), Usage.NONE));

  private final TimerThread timer = new TimerThread(_ -> {});
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private Gateway gateway;
  private TestServer server;

  private void serve(Step... script) throws Exception {
    var provider = new FakeProvider(timer, script);
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(provider)),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    List<Route> routes = new ArrayList<>(new LlmEndpoints(gateway).routes());
    routes.addAll(new OpenAiEndpoints(gateway, timer.time(), IdSource.RANDOM).routes());
    server = TestServer.open(new Admission(8), new ErrorDialects(), routes);
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  @Test
  void ofAnAnswer() throws Exception {
    serve(STARTED, TEXT, new Step.Emit(new StreamEvent.Done(FinishReason.STOP, Usage.NONE)));
    assertThat(ask("/llm/chat", "{\"prompt\":\"Hi\"}")).isEqualTo(200);
    assertThat(line().text("finish_reason")).contains("stop");
  }

  @Test
  void ofAnAnswerThatFails() throws Exception {
    serve(STARTED, TEXT, BROKEN);
    assertThat(ask("/llm/chat", "{\"prompt\":\"Hi\"}")).isEqualTo(502);
    assertThat(line().text("error")).contains("provider_failed");
    assertThat(telemetry.events("llm_request")).containsExactly(line());
  }

  @Test
  void ofAStreamThatFailsInItsMiddle() throws Exception {
    serve(STARTED, TEXT, BROKEN);
    assertThat(ask("/llm/stream", "{\"prompt\":\"Hi\"}")).isEqualTo(200);
    assertThat(line().text("error")).contains("provider_failed");
  }

  @Test
  void ofVectorsThatNobodyMakes() throws Exception {
    serve(STARTED);
    assertThat(ask("/v1/embeddings", "{\"model\":\"mock\",\"input\":\"Hi\"}")).isEqualTo(400);
    assertThat(line().name()).isEqualTo("llm_request");
    assertThat(line().text("error")).contains("unsupported");
  }

  @Test
  void ofARequestThatCameToNoModel() throws Exception {
    serve(STARTED);
    assertThat(ask("/llm/chat", "{\"prompt\"")).isEqualTo(400);
    assertThat(line().name()).isEqualTo("http_request");
    assertThat(line().text("end")).contains("invalid_json");
  }

  @Test
  void ofAClientThatLeaves() throws Exception {
    serve(STARTED, TEXT, new Step.Pause(Duration.ofMinutes(5)));
    try (var client = HttpClient.newHttpClient()) {
      var body =
          client.send(request("/llm/stream", "{\"prompt\":\"Hi\"}"), BodyHandlers.ofInputStream());
      body.body().readNBytes("data: ".length());
      body.body().close();
      client.shutdownNow();
    }
    awaitAccessLine();
    assertThat(line().text("cancel_reason")).contains("client_gone");
  }

  private int ask(String path, String body) throws Exception {
    int status = server.send(request(path, body)).statusCode();
    awaitAccessLine();
    return status;
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(server.uri(path)).POST(BodyPublishers.ofString(body)).build();
  }

  /** It is the last one, and written after the client has its answer. */
  private void awaitAccessLine() {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (server.telemetry.events("http_request").isEmpty()) {
      assertThat(System.nanoTime()).as("no access line").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  private RecordingTelemetry.Event line() {
    List<RecordingTelemetry.Event> lines =
        Stream.concat(telemetry.events().stream(), server.telemetry.events().stream())
            .filter(event -> event.level() == Level.INFO)
            .toList();
    assertThat(lines).hasSize(1);
    return lines.getFirst();
  }
}
