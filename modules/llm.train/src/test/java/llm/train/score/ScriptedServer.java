package llm.train.score;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** Stands in for the product's server: streams what a test says, letter groups at a time. */
final class ScriptedServer implements AutoCloseable {
  /** Said instead of an answer, it makes the server break its word in that way. */
  static final String REFUSED = "<refused>";

  static final String CUT = "<cut>";
  static final String FAILED = "<failed>";
  static final String SILENT = "<silent>";
  static final String ENDLESS = "<endless>";

  private final HttpServer server;
  private final UnaryOperator<String> answers;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<String> requests = new CopyOnWriteArrayList<>();

  ScriptedServer(UnaryOperator<String> answers) throws IOException {
    this.answers = answers;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/models/builtin", exchange -> send(exchange, 200, "{}"));
    server.createContext(
        "/v1/models/local",
        exchange -> send(exchange, 404, "{\"error\":{\"message\":\"no model 'local' here\"}}"));
    server.createContext("/v1/chat/completions", this::chat);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The bodies of all chat requests so far. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void chat(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(body);
    String answer = answers.apply(Json.text(body, "/messages/0/content").orElseThrow());
    if (answer.equals(REFUSED)) {
      send(exchange, 503, "{\"error\":{\"message\":\"the model is busy\"}}");
      return;
    }
    if (answer.equals(SILENT)) {
      await();
    }
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var out = exchange.getResponseBody()) {
      out.write(": a comment\n\n".getBytes(StandardCharsets.UTF_8));
      out.write(delta(""));
      if (answer.equals(ENDLESS)) {
        byte[] piece = delta("again ".repeat(100));
        for (int i = 0; i < 10_000; i++) {
          out.write(piece);
        }
      }
      if (answer.equals(FAILED)) {
        out.write(
            "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"
                .getBytes(StandardCharsets.UTF_8));
        return;
      }
      int half = answer.length() / 2;
      out.write(delta(answer.substring(0, half)));
      out.write(delta(answer.substring(half)));
      if (!answer.equals(CUT)) {
        out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static byte[] delta(String text) {
    String chunk =
        Json.object(json -> {
          json.writeArrayPropertyStart("choices");
          json.writeStartObject();
          json.writeObjectPropertyStart("delta");
          json.writeStringProperty("content", text);
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndArray();
        });
    return ("data: " + chunk + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private void await() {
    try {
      closed.await();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
