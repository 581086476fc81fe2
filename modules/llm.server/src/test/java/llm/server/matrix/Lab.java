package llm.server.matrix;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import llm.server.boot.StartedServer;

/** One server with every dialect in front and every provider behind. */
final class Lab implements AutoCloseable {
  static final Map<String, Front> FRONTS = fronts();

  final List<Back> backs =
      List.of(
          new Back("openai", "`openai`", "openai/gpt-5-mini", ChatVendor.OPENAI),
          new Back(
              "responses", "`openai` by Responses", "responses/gpt-5-mini", new ResponsesVendor()),
          new Back("anthropic", "`anthropic`", "anthropic/claude-opus-4-6", new AnthropicVendor()),
          new Back("plain", "`generic`", "plain/m", ChatVendor.PLAIN),
          new Back("vllm", "`vllm`", "vllm/m", ChatVendor.VLLM),
          new Back("deepseek", "`deepseek`", "deepseek/m", ChatVendor.DEEPSEEK),
          new Back("events", "`custom`, SSE", "events/m", new CustomVendor(false)),
          new Back("lines", "`custom`, NDJSON", "lines/m", new CustomVendor(true)));
  private final StartedServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Lab(Path folder) throws Exception {
    server =
        StartedServer.of(folder, Map.of("KEY", "sk-test", "MATRIX_AUTH", "Bearer sk-test"), yaml());
  }

  private static Map<String, Front> fronts() {
    var fronts = new LinkedHashMap<String, Front>();
    fronts.put("chat", new ChatFront());
    fronts.put("responses", new ResponsesFront());
    fronts.put("messages", new AnthropicFront());
    fronts.put("completions", new CompletionsFront());
    fronts.put("llm", new LlmFront());
    return fronts;
  }

  Back back(String name) {
    return backs.stream().filter(back -> back.name.equals(name)).findFirst().orElseThrow();
  }

  private String uri(String name) {
    return back(name).server.uri().toString();
  }

  private String yaml() {
    String up =
        "      %s: {server: %s, base_url: \"%s/v1\", api_key: \"${KEY}\", models: [%s],"
            + " refresh_seconds: 3600, warm: {enabled: false}%s}\n";
    String compatible =
        up.formatted("responses", "openai", uri("responses"), "gpt-5-mini", ", api: responses")
            + up.formatted("plain", "generic", uri("plain"), "m", "")
            + up.formatted("vllm", "vllm", uri("vllm"), "m", "")
            + up.formatted("deepseek", "deepseek", uri("deepseek"), "m", "");
    return "server: {port: 0}\n"
        + "resilience: {attempts: 1, breaker_failures: 1000000}\n" // every cell is to be alone
        + "providers:\n"
        + "  mock: {delay_ms: 0, first_token_delay_ms: 0}\n"
        + "  openai: {api: chat, base_url: \""
        + uri("openai")
        + "/v1\", api_key: \"${KEY}\", models: [gpt-5-mini], warm: {enabled: false}}\n"
        + "  anthropic: {base_url: \""
        + uri("anthropic")
        + "\", api_key: \"${KEY}\", models: [claude-opus-4-6], warm: {enabled: false}}\n"
        + "  openai_compatible:\n    upstreams:\n"
        + compatible
        + "  custom:\n    upstreams:\n"
        + custom("events")
        + custom("lines");
  }

  private String custom(String name) {
    return "      " + name + ":\n" + ((CustomVendor) back(name).vendor).description(uri(name));
  }

  private HttpRequest request(Front front, Wish wish, String model, boolean stream) {
    return HttpRequest.newBuilder(URI.create(server.url() + front.path(stream)))
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-06-01")
        .POST(BodyPublishers.ofString(Json.print(front.body(wish, model, stream))))
        .build();
  }

  /** Asks, and waits for all of the answer. */
  HttpResponse<String> ask(Front front, Wish wish, String model, boolean stream) throws Exception {
    return client.send(request(front, wish, model, stream), BodyHandlers.ofString());
  }

  /** Asks for a stream, whose bytes are read as they come. */
  HttpResponse<java.io.InputStream> open(Front front, Wish wish, String model) throws Exception {
    return client.send(request(front, wish, model, true), BodyHandlers.ofInputStream());
  }

  /** Asks, and waits for nothing; cancelling closes the connection. */
  CompletableFuture<HttpResponse<String>> begin(
      Front front, Wish wish, String model, boolean stream) {
    return client.sendAsync(request(front, wish, model, stream), BodyHandlers.ofString());
  }

  /** Waits until the server answers nobody but who asks for its figures. */
  void awaitIdle() throws Exception {
    long until = System.nanoTime() + 20_000_000_000L;
    String page = get("/metrics");
    while (!page.contains("llm_streams_active 0\n") || !page.contains("http_requests_active 1\n")) {
      if (System.nanoTime() > until) {
        throw new AssertionError("not idle within 20 s: " + page);
      }
      Thread.yield();
      page = get("/metrics");
    }
  }

  /** A page of the server's. */
  String get(String path) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(server.url() + path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  @Override
  public void close() {
    server.close();
    client.close();
    backs.forEach(Back::close);
  }
}
