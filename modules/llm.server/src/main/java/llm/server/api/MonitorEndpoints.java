package llm.server.api;

import java.util.List;
import llm.core.telemetry.Metrics;
import llm.server.api.monitor.LiveMonitor;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;

/** What operators and newcomers ask for: the metrics, and what there is. */
public final class MonitorEndpoints {
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  /** The endpoints as {@code GET /} lists them: name, method, path. */
  private static final List<List<String>> INDEX =
      List.of(
          List.of("chat", "POST", "/llm/chat"),
          List.of("stream", "POST", "/llm/stream"),
          List.of("models", "GET", "/llm/models"),
          List.of("warm", "POST", "/llm/warm"),
          List.of("warm_prefixes", "GET", "/llm/warm"),
          List.of("release_warm_prefix", "DELETE", "/llm/warm/{id}"),
          List.of("openai_chat_completions", "POST", "/v1/chat/completions"),
          List.of("openai_responses", "POST", "/v1/responses"),
          List.of("openai_response", "GET", "/v1/responses/{id}"),
          List.of("openai_delete_response", "DELETE", "/v1/responses/{id}"),
          List.of("openai_cancel_response", "POST", "/v1/responses/{id}/cancel"),
          List.of("openai_response_input", "GET", "/v1/responses/{id}/input_items"),
          List.of("openai_completions", "POST", "/v1/completions"),
          List.of("openai_embeddings", "POST", "/v1/embeddings"),
          List.of("anthropic_messages", "POST", "/v1/messages"),
          List.of("anthropic_count_tokens", "POST", "/v1/messages/count_tokens"),
          List.of("openai_models", "GET", "/v1/models"),
          List.of("openai_model", "GET", "/v1/models/{id}"),
          List.of("begin_conversation", "POST", "/conversations"),
          List.of("conversations", "GET", "/conversations"),
          List.of("conversation", "GET", "/conversations/{id}"),
          List.of("delete_conversation", "DELETE", "/conversations/{id}"),
          List.of("conversation_turn", "POST", "/conversations/{id}/turns"),
          List.of("health", "GET", "/health"),
          List.of("liveness", "GET", "/health/live"),
          List.of("readiness", "GET", "/health/ready"),
          List.of("metrics", "GET", "/metrics"),
          List.of("monitor", "GET", LiveMonitor.PATH),
          List.of("load_model", "POST", "/api/v1/models/load"),
          List.of("unload_model", "POST", "/api/v1/models/unload"),
          List.of("models_in_memory", "GET", "/api/v1/models/status"),
          List.of("reload", "POST", "/admin/reload"),
          List.of("usage", "GET", "/admin/usage"),
          List.of("endpoints", "GET", "/"));

  private final Metrics metrics;
  private final Route.Kind metricsKind;
  private final byte[] index;

  /**
   * Endpoints over {@code metrics}.
   *
   * @param metricsKind who may see the metrics: PROBE for everybody, MONITOR for a key
   */
  public MonitorEndpoints(Metrics metrics, Route.Kind metricsKind, String version) {
    this.metrics = metrics;
    this.metricsKind = metricsKind;
    this.index = index(version);
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/", Route.Kind.MONITOR, _ -> Response.json(index)),
        new Route("GET", "/metrics", metricsKind, this::metrics));
  }

  private Response metrics(Request request) {
    return Response.text(PROMETHEUS, metrics.prometheusText());
  }

  private static byte[] index(String version) {
    return Json.object(out -> {
      out.writeStringProperty("name", HealthEndpoints.SERVICE);
      out.writeStringProperty("version", version);
      out.writeArrayPropertyStart("endpoints");
      for (List<String> endpoint : INDEX) {
        out.writeStartObject();
        out.writeStringProperty("name", endpoint.get(0));
        out.writeStringProperty("method", endpoint.get(1));
        out.writeStringProperty("href", endpoint.get(2));
        out.writeEndObject();
      }
      out.writeEndArray();
    });
  }
}
