package llm.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.TestConfig;
import llm.core.trace.Tracing;
import llm.core.trace.TracingSettings;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import llm.server.http.Response;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-3: from a request's head to the collector, over real sockets. */
@Timeout(60)
class TracedServerTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final Route HELLO =
      new Route(
          "GET",
          "/items/{id}",
          Route.Kind.WORK,
          request ->
              Response.text("text/plain", request.call().trace().orElseThrow().traceparent()));
  private static final Route PROBE =
      new Route("GET", "/live", Route.Kind.PROBE, _ -> Response.text("text/plain", "yes"));

  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private Tracing open(FaultUpstream collector, String more) {
    var config =
        TestConfig.yaml(
            "tracing:\n  batch_ms: 1\n  endpoint: http://127.0.0.1:"
                + collector.port()
                + "/\n"
                + more,
            Map.of("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%3Db"));
    var settings = TracingSettings.read(config.root());
    assertThat(config.problems()).isEmpty();
    return Tracing.open(
        settings,
        new HttpCollector(settings),
        telemetry,
        TimeSource.SYSTEM,
        IdSource.RANDOM,
        "1.2.3");
  }

  @Test
  void sendsTheSpanOfARequestThatNamesItsParent() throws Exception {
    try (var collector = FaultUpstream.open();
        var tracing = open(collector, "");
        var server = TestServer.open(new ServerSpans(tracing, "http"), HELLO, PROBE);
        var client = HttpClient.newHttpClient()) {
      collector.otherwise(_ -> Reply.ok("application/json", "{}"));
      server.get("/live"); // begins no trace
      var request =
          HttpRequest.newBuilder(server.uri("/items/7?key=secret"))
              .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
              .header("tracestate", "a=b")
              .build();
      String told = client.send(request, BodyHandlers.ofString()).body();
      assertThat(told).matches("00-" + TRACE + "-(?!00f067aa0ba902b7)[0-9a-f]{16}-01");
      var sent = collector.take();
      assertThat(sent.target()).isEqualTo("/v1/traces");
      assertThat(sent.header("content-type")).contains("application/json");
      assertThat(sent.header("api-key")).contains("a=b");
      assertThat(sent.body())
          .contains("\"spanId\":\"" + told.substring(36, 52) + "\"")
          .contains("\"traceState\":\"a=b\",\"parentSpanId\":\"00f067aa0ba902b7\"")
          .contains("\"name\":\"GET /items/{id}\",\"kind\":2")
          .contains("{\"key\":\"url.path\",\"value\":{\"stringValue\":\"/items/7\"}}")
          .contains("{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}")
          .doesNotContain("secret")
          .doesNotContain("/live");
      var line = server.accessLines(2).getLast();
      assertThat(line.text("trace_id")).contains(TRACE);
      assertThat(line.text("span_id")).contains(told.substring(36, 52));
    }
  }

  @Test
  void saysWhyNobodyTakesItsSpans() throws Exception {
    try (var collector = FaultUpstream.open()) {
      collector.otherwise(_ -> Reply.whole(401, "text/plain", "who are you?"));
      try (var tracing = open(collector, "  compression: gzip\n");
          var server = TestServer.open(new ServerSpans(tracing, "http"), HELLO)) {
        server.get("/items/1");
        assertThat(collector.take().header("content-encoding")).contains("gzip");
      }
      assertThat(telemetry.events("trace_export_failing")).hasSize(1);
      assertThat(telemetry.metrics().prometheusText())
          .contains("llm_trace_spans_total{outcome=\"failed\"} 1");
    }
  }
}
