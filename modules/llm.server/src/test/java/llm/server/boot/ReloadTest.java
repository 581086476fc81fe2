package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.telemetry.JsonLines;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Reply;
import llm.domain.port.TimeSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-4: the configuration is followed without a restart")
class ReloadTest {
  private static final String CHAT =
      "{\"model\":\"fast\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private Application application;

  @AfterEach
  void end() throws Exception {
    if (application != null) {
      application.shutDown(() -> {});
    }
    for (AutoCloseable one : opened) {
      one.close();
    }
  }

  private FaultUpstream upstream(String says) {
    var upstream = FaultUpstream.open();
    opened.add(upstream);
    return upstream.otherwise(request ->
        Reply.ok(
            "application/json",
            request.target().endsWith("/models")
                ? "{\"data\":[{\"id\":\"m\"}]}"
                : "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\""
                    + says
                    + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,"
                    + "\"completion_tokens\":1,\"total_tokens\":2}}"));
  }

  private void write(String yaml) throws Exception {
    Files.writeString(folder.resolve("config.yml"), yaml);
  }

  private static String config(String name, FaultUpstream upstream) {
    return """
    server: {port: 0}
    providers:
      openai_compatible:
        upstreams:
          %s: {base_url: "%s/v1"}
    routes:
      fast: {targets: [{provider: %s, model: m}]}
    """
        .formatted(name, upstream.uri(), name);
  }

  private Settings read() throws ConfigException {
    return Settings.read(ConfigSources.of(Map.of(), folder).withConfig(folder));
  }

  private void start() throws Exception {
    var settings = read();
    var telemetry =
        new JsonLines(
            java.io.OutputStream.nullOutputStream(), settings.telemetry(), TimeSource.SYSTEM);
    application = Application.start(settings, Set.of(), telemetry, Optional.empty(), this::read);
    application.verify(settings);
  }

  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(application.url() + path))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void noRequestFailsWhileUpstreamsAreReplaced() throws Exception {
    FaultUpstream one = upstream("one");
    FaultUpstream two = upstream("two");
    write(config("one", one));
    start();

    var failures = new ConcurrentLinkedQueue<String>();
    var over = new AtomicBoolean();
    var seen = new AtomicInteger();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.startVirtualThread(() -> {
            while (!over.get()) {
              ask(failures);
              seen.incrementAndGet();
            }
          }));
    }
    for (int i = 0; i < 20; i++) {
      int before = seen.get();
      write(i % 2 == 0 ? config("two", two) : config("one", one));
      var told = post("/admin/reload", "");
      assertThat(told.statusCode()).as(told.body()).isEqualTo(200);
      var answer = post("/v1/chat/completions", CHAT);
      assertThat(answer.headers().firstValue("x-llm-provider"))
          .contains(i % 2 == 0 ? "two" : "one");
      while (seen.get() < before + 8 && failures.isEmpty()) {
        Thread.onSpinWait();
        Thread.yield();
      }
    }
    over.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    assertThat(seen.get()).isGreaterThan(100);
  }

  /** One provider answers, and the head, the body and the text agree on which. */
  private void ask(ConcurrentLinkedQueue<String> failures) {
    try {
      var answer = post("/v1/chat/completions", CHAT);
      String provider = answer.headers().firstValue("x-llm-provider").orElse("none");
      boolean whole =
          answer.statusCode() == 200
              && answer.body().contains("\"content\":\"" + provider + "\"")
              && answer.body().contains("\"model\":\"" + provider + "/m\"");
      if (!whole) {
        failures.add(answer.statusCode() + " " + provider + " " + answer.body());
      }
    } catch (Exception failure) {
      failures.add(failure.toString());
    }
  }

  @Test
  void aBadFileKeepsTheOldConfigurationAndSaysWhy() throws Exception {
    write(config("one", upstream("one")));
    start();
    for (String bad :
        List.of(
            "routes: {fast: {targets: [{provider: nobody, model: m}]}}",
            "routes: {a: {targets: [{model: b}]}, b: {targets: [{model: a}]}}",
            "gateway: {idle_timeout_seconds: soon}",
            "nonsense: 1",
            "[")) {
      write(bad);
      var told = post("/admin/reload", "");
      assertThat(told.statusCode()).as(bad).isEqualTo(400);
      assertThat(told.body()).contains("invalid_configuration", "config.yml", "\"line\":1");
      assertThat(post("/v1/chat/completions", CHAT).body()).contains("\"content\":\"one\"");
    }
  }

  @Test
  void whatOnlyAStartChangesIsNamed() throws Exception {
    FaultUpstream one = upstream("one");
    write(config("one", one));
    start();
    write(
        config("one", one).replace("port: 0", "port: 1, max_requests: 7")
            + "  quick: {targets: [{model: one/x}]}\n");

    var told = post("/admin/reload", "");

    assertThat(told.body())
        .contains("\"restart_needed\":[\"server.max_requests\",\"server.port\"]")
        .contains("routes.quick.targets[0].model");
    assertThat(post("/admin/reload", "").body()).contains("\"changed\":[]");
  }

  @Test
  void keysAreFollowed() throws Exception {
    FaultUpstream one = upstream("one");
    write(config("one", one));
    start();
    String hash = "sha256:" + "0".repeat(64);
    write(config("one", one) + "auth: {keys: [{name: ci, sha256: '" + hash + "'}]}\n");

    assertThat(post("/admin/reload", "").statusCode()).isEqualTo(200);

    assertThat(post("/v1/chat/completions", CHAT).statusCode()).isEqualTo(401);
    assertThat(post("/admin/reload", "").statusCode()).isEqualTo(401);
  }

  @Test
  void aRequestUnderWayEndsWhereItBegan() throws Exception {
    var asked = new CountDownLatch(1);
    var gate = new llm.core.testkit.Gate();
    var old = FaultUpstream.open();
    opened.add(old);
    old.otherwise(request -> {
      if (request.target().endsWith("/models")) {
        return Reply.ok("application/json", "{\"data\":[{\"id\":\"m\"}]}");
      }
      asked.countDown();
      return Reply.chunkedHead("text/event-stream")
          .chunk("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\n")
          .pause(gate)
          .chunk(
              "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"last\"},"
                  + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
          .lastChunk();
    });
    write(config("old", old));
    start();
    var answer = new java.util.concurrent.CompletableFuture<HttpResponse<String>>();
    Thread.startVirtualThread(() -> {
      try {
        answer.complete(
            post("/v1/chat/completions", CHAT.replace("{\"model", "{\"stream\":true,\"model")));
      } catch (Exception failure) {
        answer.completeExceptionally(failure);
      }
    });
    asked.await();
    write(config("fresh", upstream("fresh")));
    assertThat(post("/admin/reload", "").statusCode()).isEqualTo(200);
    assertThat(post("/v1/chat/completions", CHAT).body()).contains("\"content\":\"fresh\"");
    gate.open();

    var ended = answer.get(60, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(ended.body()).contains("first", "last", "[DONE]", "\"model\":\"old/m\"");
    assertThat(ended.headers().firstValue("x-llm-model")).contains("old/m");
  }

  @Test
  void aDeadRouteIsRefusedAtStart() throws Exception {
    write("server: {port: 0}\nroutes:\n  x:\n    targets:\n      - {provider: nobody, model: m}\n");
    var refused = catchThrowableOfType(ConfigException.class, this::start);
    assertThat(refused.problems())
        .singleElement()
        .asString()
        .contains("config.yml:5: routes.x.targets[0].provider: 'nobody' is no provider");
  }
}
