package llm.server.matrix;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.TestAuthority;
import llm.server.boot.StartedServer;
import llm.server.matrix.Teller.Tale;

/**
 * One server before upstreams that fail, each with another behind it that does not. A route {@code
 * A-B} leads to the failing one of dialect A, and then to the good one of B; {@code A} to the
 * failing one alone; {@code refused-A} and {@code tls-A} lead to who cannot be reached first.
 * Behind {@link #AGAIN} stand the same of {@code A} and {@code A-A}, whose failing ones are asked
 * three times.
 */
final class FaultLab implements AutoCloseable {
  /** The dialects of upstreams, each with its model. */
  static final Map<String, String> MODELS =
      Map.of(
          "chat", "m", "responses", "gpt-5-mini", "messages", "claude-sonnet-4-5", "custom", "m");

  /** Before routes whose failing targets are asked again. */
  static final String AGAIN = "again_";

  static final List<String> DIALECTS = List.of("chat", "responses", "messages", "custom");

  private final Map<Integer, Tale> tales = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<String, Teller> tellers = new LinkedHashMap<>();
  private final FaultUpstream tls = FaultUpstream.open(TestAuthority.create().server("localhost"));
  private final int refused;
  private final StartedServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** One whose streams may be silent for so long. */
  FaultLab(Path folder, double patienceSeconds) throws Exception {
    for (String dialect : DIALECTS) {
      tellers.put(dialect + "1", new Teller(vendor(dialect), true, tales));
      tellers.put(dialect + "2", new Teller(vendor(dialect), false, tales));
    }
    try (var gone = FaultUpstream.open()) {
      refused = gone.port();
    }
    server =
        StartedServer.of(
            folder,
            Map.of("KEY", "sk-test", "MATRIX_AUTH", "Bearer sk-test"),
            yaml(patienceSeconds));
  }

  private static Vendor vendor(String dialect) {
    return switch (dialect) {
      case "chat" -> ChatVendor.VLLM;
      case "responses" -> new ResponsesVendor();
      case "messages" -> new AnthropicVendor();
      default -> new CustomVendor(true);
    };
  }

  private String yaml(double patienceSeconds) {
    var compatible = new StringBuilder();
    var anthropic = new StringBuilder();
    var custom = new StringBuilder();
    Map<String, String> uris = new LinkedHashMap<>();
    tellers.forEach((name, teller) -> uris.put(name, teller.server.uri().toString()));
    DIALECTS.forEach(dialect -> uris.put(dialect + "3", uris.get(dialect + "1")));
    String again =
        DIALECTS.stream()
            .map(dialect -> dialect + "3: {attempts: 3}")
            .collect(Collectors.joining(", "));
    uris.forEach((name, uri) -> {
      switch (name.substring(0, name.length() - 1)) {
        case "chat" -> compatible.append(compatible(name, "vllm", uri + "/v1", "m", ""));
        case "responses" ->
            compatible.append(
                compatible(name, "openai", uri + "/v1", "gpt-5-mini", ", api: responses"));
        case "messages" ->
            anthropic.append(
                "      %s: {base_url: \"%s\", api_key: \"${KEY}\", models: [claude-sonnet-4-5], refresh_seconds: 3600, warm: {enabled: false}}\n"
                    .formatted(name, uri));
        default ->
            custom
                .append("      " + name + ":\n")
                .append(new CustomVendor(true).description(uri))
                .append("        warm: {enabled: false}\n");
      }
    });
    compatible.append(
        compatible("refused", "vllm", "http://127.0.0.1:" + refused + "/v1", "m", ""));
    compatible.append(compatible("tls", "vllm", tls.uri() + "/v1", "m", ""));
    return """
    server: {port: 0}
    gateway: {first_token_timeout_seconds: PATIENCE, idle_timeout_seconds: PATIENCE}
    resilience: {continue_by_instruction: true, attempts: 1, breaker_failures: 1000000,
          retry_budget_reserve: 100000, backoff_base_seconds: 0.002, providers: {AGAIN}}
    providers:
      openai_compatible:
        upstreams:
    """
            .replace("PATIENCE", Double.toString(patienceSeconds))
            .replace("AGAIN", again)
        + compatible
        + "  anthropic:\n    upstreams:\n"
        + anthropic
        + "  custom:\n    upstreams:\n"
        + custom
        + "routes:\n"
        + routes();
  }

  private static String compatible(
      String name, String server, String url, String model, String more) {
    return "      %s: {server: %s, base_url: \"%s\", api_key: \"${KEY}\", models: [%s], refresh_seconds: 3600, warm: {enabled: false}%s}\n"
        .formatted(name, server, url, model, more);
  }

  private static String routes() {
    var routes = new StringBuilder();
    for (String one : DIALECTS) {
      routes.append(route(one, target(one + "1", MODELS.get(one))));
      for (String other : DIALECTS) {
        String last = target(other + "2", MODELS.get(other));
        routes.append(route(one + "-" + other, target(one + "1", MODELS.get(one)), last));
      }
      String last = target(one + "2", MODELS.get(one));
      String again = target(one + "3", MODELS.get(one));
      routes.append(route(AGAIN + one, again)).append(route(AGAIN + one + "-" + one, again, last));
      routes.append(route("refused-" + one, target("refused", "m"), last));
      routes.append(route("tls-" + one, target("tls", "m"), last));
    }
    routes.append(route("refused", target("refused", "m")));
    routes.append(route("tls", target("tls", "m")));
    return routes.toString();
  }

  private static String target(String provider, String model) {
    return "{provider: " + provider + ", model: " + model + "}";
  }

  private static String route(String name, String... targets) {
    return "  " + name + ": {targets: [" + String.join(", ", targets) + "]}\n";
  }

  /** What a client got: a text, or an error in its dialect's words. */
  record Outcome(String text, String error) {
    boolean isText() {
      return error.isEmpty();
    }
  }

  /** Asks {@code route} for the tale; fails where the answer does not follow its dialect. */
  Outcome ask(Front front, String route, Tale tale) throws Exception {
    int number = numbers.incrementAndGet();
    tales.put(number, tale);
    try {
      Wish wish = Wish.of(new Said.User(Teller.question(number)));
      var request =
          HttpRequest.newBuilder(URI.create(server.url() + front.path(tale.stream())))
              .header("content-type", "application/json")
              .header("anthropic-version", "2023-06-01")
              .POST(BodyPublishers.ofString(Json.print(front.body(wish, route, tale.stream()))))
              .build();
      return outcome(front, client.send(request, BodyHandlers.ofString()), tale.stream());
    } finally {
      tales.remove(number);
    }
  }

  private static Outcome outcome(Front front, HttpResponse<String> answer, boolean stream) {
    if (answer.statusCode() != 200) {
      Front.Error error = front.error(Json.parse(answer.body()));
      Front.require(!error.message().isBlank(), "an error without words: " + answer.body());
      return new Outcome("", answer.statusCode() + " " + error);
    }
    if (!stream) {
      return new Outcome(front.whole(Json.parse(answer.body())).text(), "");
    }
    var events = new ArrayList<>(Front.events(answer.body()));
    try {
      return new Outcome(front.stream(events).text(), "");
    } catch (AssertionError | RuntimeException noWholeAnswer) {
      try {
        return new Outcome("", front.lastError(events).toString());
      } catch (AssertionError | RuntimeException neither) {
        neither.addSuppressed(noWholeAnswer);
        throw new AssertionError("neither an answer nor an error: " + answer.body(), neither);
      }
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
    tellers.values().forEach(Teller::close);
    tls.close();
  }
}
