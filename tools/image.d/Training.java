import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The training run: starts the server of an image with the image's own configuration, uses what its users use first, stops it with
 * SIGTERM, and leaves the AOT cache that the JVM made of it. Run by tools/image:
 *
 * <pre>java Training.java JAVA CACHE LOG</pre>
 *
 * Anything unexpected ends it with exit code 1 and the reason: a cache trained on failures would
 * only look like one.
 */
final class Training {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int ROUNDS = 8; // enough for the profile of a request to be worth keeping
  private static final String TOOL_REQUEST =
      """
      {"model": "mock-demo", "stream": true, "stream_options": {"include_usage": true},
       "messages": [{"role": "user", "content": "hi"}],
       "tools": [{"type": "function", "function": {"name": "lookup", "description": "Looks up.",
         "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}}]}""";
  private static final Pattern ADDRESS = Pattern.compile("\"address\":\"(http[^\"]+)\"");

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String base;

  private Training(String base) {
    this.base = base;
  }

  public static void main(String[] args) throws Exception {
    String java = args[0];
    Path cache = Path.of(args[1]);
    Path log = Path.of(args[2]);
    Path folder = Files.createTempDirectory("llm-training");
    var builder =
        new ProcessBuilder(
            java, "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining", "-XX:AOTCacheOutput=" + cache, "-m", "llm.server", "--port", "0");
    builder.environment().keySet().removeIf(name -> name.startsWith("LLM_"));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().put("LLM_PROVIDERS_MOCK_DELAY_MS", "0");
    Process server =
        builder.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      new Training(address(server, log)).use();
      server.toHandle().destroy(); // SIGTERM
      if (!server.waitFor(LIMIT.multipliedBy(3).toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("the server has not ended after SIGTERM");
      }
      if (server.exitValue() != 0) {
        throw new IllegalStateException("the server ended with exit code " + server.exitValue());
      }
    } catch (IllegalStateException | IOException | CompletionException failed) {
      System.err.println("Training: " + failed.getMessage());
      System.exit(1);
    } finally {
      server.destroyForcibly();
      Files.deleteIfExists(folder);
    }
    System.exit(0);
  }

  /** Waits for the server's word that it serves. */
  private static String address(Process server, Path log) throws IOException, InterruptedException {
    long until = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() - until < 0) {
      var found = ADDRESS.matcher(Files.readString(log));
      if (found.find()) {
        return found.group(1);
      }
      if (server.waitFor(50, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new IllegalStateException("the server did not start");
  }

  private void use() throws IOException, InterruptedException {
    boolean hasBuiltin = get("/v1/models", 200).contains("\"builtin\"");
    for (int round = 0; round < ROUNDS; round++) {
      get("/health", 200);
      get("/health/ready", 200);
      get("/v1/models", 200);
      get("/llm/models", 200);
      chat("mock", false, "one two three", 200, "Echo: one two three");
      chat("mock", true, "one two three", 200, "[DONE]");
      post("/v1/chat/completions", TOOL_REQUEST, 200, "tool_calls");
      chat("no-such-model", false, "hi", 404, "no-such-model");
      post("/v1/chat/completions", "{\"model\": \"mock\", \"messages\": 7}", 400, "messages");
      post("/llm/chat", "{\"model\": \"mock\", \"prompt\": \"one two\"}", 200, "Echo");
      post("/llm/stream", "{\"model\": \"mock\", \"prompt\": \"one two\"}", 200, "two");
      if (hasBuiltin) {
        chat("builtin", true, "Which port do you listen on?", 200, "[DONE]");
      }
      get("/metrics", 200);
      get("/nowhere", 404);
    }
    monitor();
  }

  private String get(String path, int status) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(base + path)).GET(), path, status, "");
  }

  private void chat(String model, boolean stream, String text, int status, String part)
      throws IOException, InterruptedException {
    String usage = stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "";
    post(
        "/v1/chat/completions",
        "{\"model\":\"%s\",\"temperature\":0.5,\"max_tokens\":64%s,".formatted(model, usage)
            + "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
            + "{\"role\":\"user\",\"content\":\"%s\"}]}".formatted(text),
        status,
        part);
  }

  private void post(String path, String body, int status, String part)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body));
    send(request, path, status, part);
  }

  private String send(HttpRequest.Builder request, String path, int status, String part)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        client.send(request.timeout(LIMIT).build(), BodyHandlers.ofByteArray());
    String body = new String(answer.body(), StandardCharsets.UTF_8);
    if (answer.statusCode() != status || !body.contains(part)) {
      throw new IllegalStateException(
          "%s answered %d where %d with '%s' was expected: %.500s"
              .formatted(path, answer.statusCode(), status, part, body));
    }
    return body;
  }

  /** The live monitor over WebSocket. */
  private void monitor() throws InterruptedException {
    var first = new CountDownLatch(1);
    var listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
            first.countDown();
            socket.request(1);
            return null;
          }
        };
    String uri = base.replaceFirst("^http", "ws") + "/ws/monitor";
    var socket = client.newWebSocketBuilder().buildAsync(URI.create(uri), listener).join();
    if (!first.await(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("/ws/monitor was silent for 10 s");
    }
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
  }
}
