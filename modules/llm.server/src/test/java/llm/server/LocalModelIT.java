package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * P-1: a real model in the real process, over HTTP. The stories model where it lies beside the
 * repository, else one that is generated; without the native library the tests skip.
 */
@Timeout(180)
class LocalModelIT {
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern USAGE =
      Pattern.compile("\"prompt_tokens\":(\\d+),\"completion_tokens\":(\\d+)");

  @TempDir private Path folder;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Path model;

  @BeforeEach
  void findLibraryAndModel() throws Exception {
    ModelFiles.requireLibrary();
    Path stories = ModelFiles.ROOT.resolve("../shared/models/stories260K-f32.gguf").normalize();
    model = folder.resolve("model.gguf");
    if (Files.exists(stories)) {
      Files.copy(stories, model);
    } else {
      try (var files = new ModelFiles()) {
        Files.write(model, files.model(512));
      }
    }
  }

  private ServerProcess serve(Map<String, String> environment, String... arguments)
      throws Exception {
    var all = new java.util.HashMap<>(environment);
    all.putAll(ModelFiles.HOME);
    return ServerProcess.serve(folder, all, arguments);
  }

  private static String body(String name, boolean stream, String content, int seed) {
    String how = stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}," : "";
    return "{\"model\":\"%s\",%s\"seed\":%d,".formatted(name, how, seed)
        + "\"messages\":[{\"role\":\"user\",\"content\":\""
        + content
        + "\"}]}";
  }

  private HttpResponse<String> chat(ServerProcess server, String body) throws Exception {
    return client.send(server.post("/v1/chat/completions", body), BodyHandlers.ofString());
  }

  private static String text(String answer) {
    var text = new StringBuilder();
    for (Matcher found = CONTENT.matcher(answer); found.find(); ) {
      text.append(found.group(1));
    }
    return text.toString();
  }

  private static int[] usage(String answer) {
    Matcher found = USAGE.matcher(answer);
    assertThat(found.find()).as(answer).isTrue();
    return new int[] {Integer.parseInt(found.group(1)), Integer.parseInt(found.group(2))};
  }

  @Test
  void theSameSeedGivesTheSameTextStreamedOrNot() throws Exception {
    try (var server = serve(Map.of(), "--model", model.toString())) {
      String streamed = chat(server, body("local", true, "Once upon a time", 7)).body();
      String whole = chat(server, body("local", false, "Once upon a time", 7)).body();
      String other = chat(server, body("local", true, "Once upon a time", 8)).body();

      assertThat(streamed).endsWith("data: [DONE]\n\n");
      assertThat(text(streamed)).isNotEmpty().isEqualTo(text(whole)).isNotEqualTo(text(other));
      assertThat(usage(streamed)).isEqualTo(usage(whole));
      assertThat(usage(whole)[1]).isPositive();
      String metrics =
          client
              .send(HttpRequest.newBuilder(server.uri("/metrics")).build(), BodyHandlers.ofString())
              .body();
      int generated = usage(streamed)[1] + usage(whole)[1] + usage(other)[1];
      assertThat(metrics).contains("llm_local_tokens_total{kind=\"completion\"} " + generated);
    }
  }

  @Test
  void aClientThatLeavesStopsItsGenerationAndNobodyElses() throws Exception {
    try (var server = serve(Map.of(), "--model", model.toString())) {
      String line = leave(server, 0);
      for (int i = 1; i < 10 && !line.contains("client_gone"); i++) {
        line = leave(server, i); // its answer was complete before it left: once more
      }
      assertThat(line).contains("\"event\":\"llm_request\"", "client_gone");
    }
  }

  /** A client leaves amid its answer, four others stay; what is logged of the one that left. */
  private String leave(ServerProcess server, int attempt) throws Exception {
    List<CompletableFuture<HttpResponse<String>>> stay = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      var request = server.post("/v1/chat/completions", body("local", true, "Once", 3));
      stay.add(client.sendAsync(request, BodyHandlers.ofString()));
    }
    var leaver =
        HttpRequest.newBuilder(server.post("/", ""), (_, _) -> true)
            .uri(server.uri("/v1/chat/completions"))
            .header("X-Correlation-ID", "leaver-" + attempt)
            .POST(HttpRequest.BodyPublishers.ofString(body("local", true, "Once", 1)))
            .build();
    try (InputStream first = client.send(leaver, BodyHandlers.ofInputStream()).body()) {
      assertThat(first.read()).isEqualTo('d');
    }
    // Not word by word the same: the last digits of logits differ with what else is in a batch.
    for (var answer : stay) {
      String events = answer.get(60, TimeUnit.SECONDS).body();
      assertThat(events).endsWith("data: [DONE]\n\n").doesNotContain("\"error\":");
      assertThat(text(events)).isNotEmpty();
      assertThat(usage(events)[1]).isPositive();
    }
    return server.awaitLine("\"request_id\":\"leaver-" + attempt + "\",\"principal\"");
  }

  @Test
  void brokenFilesAnswerWithTheirReasonAndTheProcessLives() throws Exception {
    Path models = Files.createDirectory(folder.resolve("models"));
    byte[] good = Files.readAllBytes(model);
    byte[] corrupt = good.clone();
    Arrays.fill(corrupt, 8, 16, (byte) 0xFF);
    Files.write(models.resolve("good.gguf"), good);
    Files.write(models.resolve("cut.gguf"), Arrays.copyOf(good, good.length / 2));
    Files.write(models.resolve("corrupt.gguf"), corrupt);
    Files.writeString(models.resolve("text.gguf"), "not a model");
    try (var server =
        serve(Map.of("MODELS_DIR", models.toString()), "--model", "no-such-file.gguf")) {
      for (String name : List.of("cut", "corrupt", "text", "local")) {
        var answer = chat(server, body(name, true, "Once", 1));
        assertThat(answer.statusCode()).as(name + answer.body()).isEqualTo(503);
        assertThat(answer.body()).contains("\"code\":\"model_unavailable\"");
      }
      var tooLong = chat(server, body("good", false, "word ".repeat(2000), 1));
      assertThat(tooLong.statusCode()).isEqualTo(400);
      assertThat(tooLong.body()).contains("context_length_exceeded", "512");

      assertThat(chat(server, body("good", true, "Once", 1)).body()).contains("[DONE]");
      Files.delete(models.resolve("good.gguf"));
      assertThat(chat(server, body("good", true, "Once", 1)).statusCode()).isBetween(404, 503);
      Files.write(models.resolve("good.gguf"), good);
      assertThat(chat(server, body("good", true, "Once", 1)).body()).contains("[DONE]");
    }
  }

  @Test
  void aLibraryThatIsNoneIsNamedAndTheMockStillAnswers() throws Exception {
    Path wrong = Files.createDirectory(folder.resolve("lib"));
    Files.writeString(wrong.resolve("libllama.so"), "not a library");
    try (var server =
        serve(Map.of("LLAMA_LIB_DIR", wrong.toString()), "--model", model.toString())) {
      var answer = chat(server, body("local", true, "Once", 1));
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("libllama.so", "tools/native");
      assertThat(chat(server, body("mock", true, "Once", 1)).body()).contains("[DONE]");
    }
  }

  @Test
  void everyStreamOfALocalModelEndsProperlyWhenTheServerIsTerminated() throws Exception {
    Files.createDirectory(folder.resolve("configs"));
    Files.writeString(folder.resolve("configs/config.yml"), "server: {drain_seconds: 10}\n");
    try (var server = serve(Map.of(), "--model", model.toString())) {
      List<CompletableFuture<HttpResponse<InputStream>>> answers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        var request = server.post("/v1/chat/completions", body("local", true, "Once", i));
        answers.add(client.sendAsync(request, BodyHandlers.ofInputStream()));
      }
      answers.getFirst().get(60, TimeUnit.SECONDS);
      awaitRequests(server, answers.size());
      server.terminate();
      for (var answer : answers) {
        try (InputStream stream = answer.get(60, TimeUnit.SECONDS).body()) {
          String events = new String(stream.readAllBytes());
          assertThat(events).matches("(?s).*(data: \\[DONE\\]|\"error\":\\{.*)\\s*");
        }
      }
      assertThat(server.exitCode()).isZero();
    }
  }

  /** Waits until the server has begun so many requests, ended or not. */
  private void awaitRequests(ServerProcess server, int count) throws Exception {
    var metrics = HttpRequest.newBuilder(server.uri("/metrics")).build();
    var begun = Pattern.compile("(?m)^http_requests_(?:active|total\\{[^}]*completions.*) (\\d+)$");
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    long seen = 0;
    while (seen < count + 1) { // and this one
      assertThat(System.nanoTime()).as("%d requests", count).isLessThan(until);
      String text = client.send(metrics, BodyHandlers.ofString()).body();
      seen = begun.matcher(text).results().mapToLong(found -> Long.parseLong(found.group(1))).sum();
    }
  }
}
