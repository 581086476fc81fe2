package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.server.boot.StartedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-5, P-6, P-7, P-10: failures that clients do not see, over real sockets")
@Timeout(60)
class ResilienceTest {
  private static final String WHOLE =
      "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";
  private static final String CHUNK =
      "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"delta\":{\"content\":\"%s\"},\"finish_reason\":%s}]}";

  @TempDir Path folder;
  private final Queue<Reply> toFirst = new ConcurrentLinkedQueue<>();
  private final Queue<Reply> toSecond = new ConcurrentLinkedQueue<>();
  private final FaultUpstream first = upstream("one", toFirst);
  private final FaultUpstream second = upstream("two", toSecond);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private StartedServer server;

  /** Who asks for its models, whenever that is, takes none of the replies. */
  private static FaultUpstream upstream(String says, Queue<Reply> next) {
    return FaultUpstream.open()
        .otherwise(request -> {
          if (!request.method().equals("POST")) {
            return Reply.ok("application/json", "{\"data\":[]}");
          }
          Reply scripted = next.poll();
          if (scripted != null) {
            return scripted;
          }
          return request.body().contains("\"stream\":true")
              ? stream(says)
              : Reply.ok("application/json", WHOLE.formatted(says));
        });
  }

  private static Reply stream(String says) {
    return Reply.events(CHUNK.formatted(says, "null"), CHUNK.formatted("!", "\"stop\""), "[DONE]");
  }

  private static Reply refusal(int status, String... fields) {
    return Reply.whole(
        status, "application/json", "{\"error\":{\"message\":\"No.\",\"type\":\"t\"}}", fields);
  }

  /** With both upstreams, which {@code x} has as its targets. */
  private void serve(String resilience, String route) throws Exception {
    String up =
        "      %s: {server: generic, base_url: \"%s/v1\", models: [m], refresh_seconds: 3600, warm:"
            + " {enabled: false}}\n";
    server =
        StartedServer.of(
            folder,
            Map.of(),
            "server: {port: 0}\nresilience: {backoff_base_seconds: 0.002, "
                + resilience
                + "}\nproviders:\n"
                + "  mock: {delay_ms: 0, first_token_delay_ms: 0}\n"
                + "  openai_compatible:\n    upstreams:\n"
                + up.formatted("a", first.uri())
                + up.formatted("b", second.uri())
                + "routes:\n  x: {targets: [{provider: a, model: m}, {provider: b, model: m}]"
                + route
                + "}\n");
  }

  @AfterEach
  void closeAll() {
    server.close();
    client.close();
    first.close();
    second.close();
  }

  private CompletableFuture<HttpResponse<String>> begin(String model, boolean stream) {
    String body =
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body.formatted(model, stream)))
            .build();
    return client.sendAsync(request, BodyHandlers.ofString());
  }

  private HttpResponse<String> ask(String model, boolean stream) throws Exception {
    return begin(model, stream).get(30, TimeUnit.SECONDS);
  }

  private String get(String path) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(server.url() + path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private static int posts(FaultUpstream upstream) {
    return (int)
        upstream.requests().stream().filter(request -> request.method().equals("POST")).count();
  }

  private static void awaitPosts(FaultUpstream upstream) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (posts(upstream) == 0) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.yield();
    }
  }

  private void awaitMetrics(Predicate<String> wanted) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    String page = get("/metrics");
    while (!wanted.test(page)) {
      assertThat(System.nanoTime()).as(page).isLessThan(until);
      Thread.yield();
      page = get("/metrics");
    }
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("-");
  }

  @Test
  void faultsBeforeTheAnswerAreNotSeen() throws Exception {
    serve("retry_500: true", "");
    for (boolean stream : new boolean[] {false, true}) {
      toFirst.addAll(List.of(refusal(500), refusal(429, "Retry-After: 0")));
      var answer = ask("a/m", stream);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.body()).contains("\"content\":\"one\"");
      assertThat(header(answer, "x-llm-attempts")).isEqualTo("3");
      assertThat(header(ask("a/m", stream), "x-llm-attempts")).isEqualTo("-");
    }
    toFirst.add(refusal(404));
    assertThat(ask("a/m", true).statusCode()).isEqualTo(404);
    assertThat(get("/metrics"))
        .contains(
            "llm_retries_total{provider=\"a\",reason=\"429\"} 2",
            "llm_retries_total{provider=\"a\",reason=\"500\"} 2");
  }

  @Test
  void aProviderThatIsDownIsLeftAloneAndFoundAgainByOneProbe() throws Exception {
    serve("breaker_failures: 5, breaker_open_seconds: 0.2, breaker_trials: 1", "");
    second.otherwise(request ->
        request.method().equals("POST")
            ? refusal(503)
            : Reply.ok("application/json", "{\"data\":[]}"));
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 60; i++) {
      answers.add(begin("b/m", i % 2 == 0));
    }
    var statuses = new ArrayList<Integer>();
    for (var answer : answers) {
      var told = answer.get(30, TimeUnit.SECONDS);
      statuses.add(told.statusCode());
      assertThat(told.body()).contains("\"error\"");
    }
    assertThat(statuses).containsOnly(503);
    assertThat(posts(second)).as("60, a fifth of that, the reserve").isLessThanOrEqualTo(82);
    assertThat(get("/metrics"))
        .containsPattern("llm_breaker_state\\{provider=\"b\",model=\"b/m\"} [12]\n");
    assertThat(get("/health")).contains("breaker of b/m ");

    int before = posts(second);
    second.otherwise(_ -> Reply.ok("application/json", WHOLE.formatted("back")));
    var told = ask("b/m", false);
    while (told.statusCode() != 200) {
      assertThat(told.statusCode()).isEqualTo(503);
      assertThat(header(told, "retry-after")).isEqualTo("1");
      assertThat(told.body()).contains("is left alone; try again in 1 s");
      told = ask("b/m", false);
    }
    assertThat(posts(second)).as("one probe").isEqualTo(before + 1);
    assertThat(get("/metrics")).contains("llm_breaker_state{provider=\"b\",model=\"b/m\"} 0");
    assertThat(get("/health")).doesNotContain("breaker");
  }

  @Test
  void aRefusedConnectLeadsToTheNextTargetAndThenAtOnce() throws Exception {
    serve("breaker_failures: 2", "");
    first.close();
    for (int i = 0; i < 3; i++) {
      var answer = ask("x", i == 1);
      assertThat(answer.body()).contains("\"content\":\"two\"");
      assertThat(header(answer, "x-llm-attempts")).isEqualTo(i < 2 ? "2" : "-");
    }
    assertThat(get("/metrics")).contains("llm_breaker_state{provider=\"a\",model=\"*\"} 2");
    assertThat(get("/health")).contains("breaker open for ");
  }

  @Test
  void aLateFirstTokenIsOvertakenByTheNextTarget() throws Exception {
    serve("attempts: 1", ", hedge_after_ms: 20");
    toFirst.add(Reply.chunkedHead("text/event-stream").awaitClose());
    var answer = ask("x", true);
    assertThat(answer.body()).contains("\"content\":\"two\"", "[DONE]");
    assertThat(header(answer, "x-llm-provider")).isEqualTo("b");
    first.awaitEnded(1); // the loser's connection
    awaitMetrics(page ->
        page.contains("llm_hedges_total{outcome=\"won\"} 1\n")
            && page.contains("llm_requests_total{model=\"a/m\",status=\"cancelled\"} 1\n")
            && page.contains("llm_streams_active 0\n"));
    assertThat(get("/metrics")).contains("llm_requests_total{model=\"a/m\",status=\"error\"} 0\n");
  }

  @Test
  void whoWasLateGoesOnWhereWhoWasSoonerBreaksOff() throws Exception {
    serve("attempts: 1, continue_by_instruction: true", ", hedge_after_ms: 20");
    var late = List.of(Reply.chunkedHead("text/event-stream"), Reply.nothing());
    for (int i = 0; i < late.size(); i++) {
      var gate = new Gate();
      toFirst.add(late.get(i).awaitClose());
      toSecond.add(
          Reply.chunkedHead("text/event-stream")
              .chunk("data: " + CHUNK.formatted("First ", "null") + "\n\n")
              .pause(gate)
              .fin());
      var answer = begin("x", true);
      String left = "{route=\"x\",target=\"a/m\",outcome=\"passed_over\"} " + (i + 1) + "\n";
      awaitMetrics(page -> page.contains("llm_route_targets_total" + left));
      gate.open();
      assertThat(answer.get(30, TimeUnit.SECONDS).body())
          .contains("\"content\":\"First \"", "\"content\":\"one\"", "[DONE]");
    }
    assertThat(get("/metrics"))
        .contains("llm_failovers_total{from=\"b\",to=\"a\",kind=\"instruction\"} 2\n");
  }

  @Test
  void whoTellsOneToComeLaterIsAskedByOthersOnlyAfterTheRest() throws Exception {
    serve("attempts: 1", "");
    toFirst.add(refusal(429, "Retry-After: 30"));
    for (int i = 0; i < 3; i++) {
      var answer = ask("x", i == 1);
      assertThat(answer.body()).contains("\"content\":\"two\"");
      assertThat(header(answer, "x-llm-attempts")).isEqualTo(i == 0 ? "2" : "-");
    }
    assertThat(posts(first)).isEqualTo(1);
    toSecond.add(refusal(503));
    assertThat(ask("x", false).body()).as("nobody else is there").contains("\"content\":\"one\"");
    assertThat(ask("a/m", false).body()).as("nor here").contains("\"content\":\"one\"");
  }

  /** A minute of an outage, made short: the breaker opens and closes in fractions of a second. */
  @Test
  void answersThatAnOutageBreaksOffAreWholeAndRetriesStayWithinTheBudget() throws Exception {
    serve(
        "attempts: 3, continue_by_instruction: true, breaker_failures: 5, breaker_open_seconds: 0.1,"
            + " breaker_trials: 1",
        "");
    int broken = 8;
    for (int i = 0; i < broken; i++) {
      toFirst.add(
          Reply.chunkedHead("text/event-stream")
              .chunk("data: " + CHUNK.formatted("one", "null") + "\n\n")
              .fin());
    }
    for (int i = 0; i < 200; i++) {
      toFirst.add(refusal(503));
    }
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 60; i++) {
      answers.add(begin("x", true));
    }
    for (var answer : answers) {
      String told = answer.get(30, TimeUnit.SECONDS).body();
      assertThat(told).contains("\"content\":\"two", "[DONE]").doesNotContain("\"error\"");
    }
    assertThat(posts(second)).as("one answer each").isEqualTo(60);
    assertThat(posts(first)).as("60, a fifth of that, the reserve").isLessThanOrEqualTo(82);
    assertThat(get("/metrics"))
        .contains("llm_failovers_total{from=\"a\",to=\"b\",kind=\"instruction\"} ")
        .contains("llm_streams_active 0\n");
    assertThat(get("/health")).contains("breaker of a/m ");

    toFirst.clear();
    var told = ask("x", true);
    while (!told.body().contains("\"content\":\"one\"")) {
      assertThat(told.body()).contains("\"content\":\"two\"", "[DONE]");
      told = ask("x", true);
    }
    assertThat(get("/metrics")).contains("llm_breaker_state{provider=\"a\",model=\"a/m\"} 0");
  }

  @Test
  void aFirstTargetThatIsSoonerAfterAllAnswers() throws Exception {
    var gate = new Gate();
    serve("attempts: 1", ", hedge_after_ms: 5");
    toFirst.add(
        Reply.chunkedHead("text/event-stream")
            .pause(gate)
            .chunk("data: " + CHUNK.formatted("one", "\"stop\"") + "\n\n")
            .chunk("data: [DONE]\n\n")
            .lastChunk());
    toSecond.add(Reply.chunkedHead("text/event-stream").awaitClose());
    var answer = begin("x", true);
    awaitPosts(second);
    gate.open();
    assertThat(answer.get(30, TimeUnit.SECONDS).body()).contains("\"content\":\"one\"");
    assertThat(header(answer.get(), "x-llm-provider")).isEqualTo("a");
    awaitMetrics(page ->
        page.contains("llm_hedges_total{outcome=\"lost\"} 1\n")
            && page.contains("llm_streams_active 0\n"));
  }

  @Test
  void aSecondTargetThatRefusesChangesNothing() throws Exception {
    serve("attempts: 1", ", hedge_after_ms: 5");
    var gate = new Gate();
    toFirst.add(Reply.nothing().pause(gate).send(wire()));
    toSecond.add(refusal(400));
    var answer = begin("x", true);
    awaitPosts(second);
    gate.open();
    assertThat(answer.get(30, TimeUnit.SECONDS).body()).contains("\"content\":\"one\"");
  }

  private static String wire() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: "
        + CHUNK.formatted("one", "\"stop\"")
        + "\n\ndata: [DONE]\n\n";
  }

  @Test
  void aCommentTellsThatAnotherTargetGoesOnBehindTheHead() throws Exception {
    serve("continue_by_instruction: true, attempts: 1", "");
    toFirst.add(
        Reply.chunkedHead("text/event-stream")
            .chunk("data: " + CHUNK.formatted("Once upon a time", "null") + "\n\n")
            .reset());
    HttpResponse<String> answer = ask("x", true);

    assertThat(header(answer, "x-llm-failovers")).as("the head was sent").isEqualTo("-");
    assertThat(answer.body()).containsOnlyOnce(": failover 1\n\ndata: ").endsWith("[DONE]\n\n");
    assertThat(answer.body().indexOf(": failover")).isGreaterThan(answer.body().indexOf("Once"));
    assertThat(ask("x", true).body()).doesNotContain(": failover");
  }

  @Test
  void thoseBeyondTheLimitGoToTheNextTarget() throws Exception {
    serve("providers: {a: {max_concurrent: 1, max_queued: 0}}", "");
    var gate = new Gate();
    toFirst.add(
        Reply.chunkedHead("text/event-stream")
            .chunk("data: " + CHUNK.formatted("one", "\"stop\"") + "\n\n")
            .pause(gate)
            .chunk("data: [DONE]\n\n")
            .lastChunk());
    var held = begin("a/m", true);
    awaitMetrics(page -> page.contains("llm_provider_requests_active{provider=\"a\"} 1\n"));
    assertThat(ask("x", false).body()).contains("\"content\":\"two\"");
    var full = ask("a/m", false);
    assertThat(full.statusCode()).isEqualTo(503);
    assertThat(header(full, "retry-after")).isEqualTo("1");
    gate.open();
    assertThat(held.get(30, TimeUnit.SECONDS).body()).contains("[DONE]");
    awaitMetrics(page -> page.contains("llm_provider_requests_active{provider=\"a\"} 0\n"));
    assertThat(ask("a/m", false).body()).contains("\"content\":\"one\"");
  }

  @Test
  void theMockStandsInAndSaysSo() throws Exception {
    serve("attempts: 1", "}\ngateway: {mock_fallback: true");
    List.of(first, second).forEach(FaultUpstream::close);
    for (boolean stream : new boolean[] {false, true}) {
      var answer = ask("x", stream);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(header(answer, "x-llm-fallback")).isEqualTo("mock");
      assertThat(header(answer, "x-llm-provider")).isEqualTo("mock");
      assertThat(answer.body()).contains("\"model\":\"mock\"");
    }
  }
}
