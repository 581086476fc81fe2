package llm.server.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.Alarms;
import llm.core.idempotency.Idempotency;
import llm.core.idempotency.IdempotencySettings;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.server.api.ErrorDialects;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;
import llm.server.http.TestServer;

/**
 * A server whose generations say what the test puts in: {@code /v1/whole} and {@code /v1/stream}.
 */
final class Rig implements AutoCloseable {
  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final Idempotency idempotency;
  final AtomicInteger asked = new AtomicInteger();
  final CompletableFuture<CancelReason> cancelled = new CompletableFuture<>();
  private final BlockingQueue<StreamEvent> says = new LinkedBlockingQueue<>();
  private final HttpClient client = HttpClient.newHttpClient();
  final TestServer server;

  Rig() throws IOException {
    this(IdempotencySettings.DEFAULTS);
  }

  Rig(IdempotencySettings settings) throws IOException {
    this(settings, Optional.empty(), Optional.empty());
  }

  Rig(IdempotencySettings settings, Optional<LogStore> store, Optional<Alarms> alarms)
      throws IOException {
    idempotency =
        new Idempotency(settings, store, telemetry, alarms.orElse(clock), IdSource.RANDOM);
    server =
        TestServer.open(
            (head, _) -> new Principal(head.apiKey().orElse("one")),
            new ErrorDialects(),
            List.of(
                new Route("POST", "/v1/whole", Route.Kind.GENERATION, this::whole),
                new Route("POST", "/v1/stream", Route.Kind.GENERATION, this::stream)),
            new KeyedRequests(idempotency));
  }

  /** What the running answer says next. */
  void say(String text) {
    says.add(new StreamEvent.TextDelta(text));
  }

  void end() {
    says.add(new StreamEvent.Done(FinishReason.STOP, Usage.NONE));
  }

  void say(StreamEvent event) {
    says.add(event);
  }

  boolean hasSaidAll() {
    return says.isEmpty();
  }

  private StreamEvent next() {
    try {
      return says.take();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.NONE);
    }
  }

  private void begin(Request request) {
    asked.incrementAndGet();
    request
        .call()
        .onCancel(() -> {
          CancelReason reason = request.call().cancelled().orElseThrow();
          cancelled.complete(reason);
          says.add(new StreamEvent.Cancelled(reason, Usage.NONE));
        });
  }

  private Response whole(Request request) throws LlmException {
    request.body().json();
    begin(request);
    var text = new StringBuilder("{\"id\":\"" + request.head().id().value() + "\",\"text\":\"");
    while (next() instanceof StreamEvent.TextDelta(String piece, var _)) {
      text.append(piece);
    }
    return Response.json(text.append("\"}").toString().getBytes(UTF_8)).with("x-llm-lost", "a, b");
  }

  private Response stream(Request request) throws LlmException {
    request.body().json();
    return new Response.Events(
        () -> {
          begin(request);
          return new Scripted();
        },
        (event, frames) -> encode(request.head().id().value(), event, frames));
  }

  private final class Scripted implements EventStream<StreamEvent> {
    @Override
    public StreamEvent next() {
      return Rig.this.next();
    }

    @Override
    public boolean hasReady() {
      return !says.isEmpty();
    }

    @Override
    public void close() {
      // nothing is held
    }
  }

  private static void encode(String id, StreamEvent event, OutputStream frames) throws IOException {
    String text =
        switch (event) {
          case StreamEvent.TextDelta(String piece, var _) -> id + " " + piece;
          case StreamEvent.Done _ -> "[DONE]";
          default -> "{\"error\":{}}";
        };
    frames.write(("data: " + text + "\n\n").getBytes(UTF_8));
  }

  /** Sends a request; the answer when it is all there. */
  CompletableFuture<HttpResponse<String>> send(
      String path, String key, String body, String... headers) {
    return client.sendAsync(request(path, key, body, headers), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String key, String body, String... headers)
      throws Exception {
    return send(path, key, body, headers).get(20, TimeUnit.SECONDS);
  }

  private HttpRequest request(String path, String key, String body, String... headers) {
    var request =
        HttpRequest.newBuilder(server.uri(path))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(body));
    return (headers.length == 0 ? request : request.headers(headers)).build();
  }

  /** A client that may leave at any moment. */
  Socket raw(String path, String key, String body) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Idempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s";
    socket.getOutputStream().write(head.formatted(path, key, body.length(), body).getBytes(UTF_8));
    return socket;
  }

  static void readUntil(Socket socket, String end) throws IOException {
    var read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int b = socket.getInputStream().read();
      if (b < 0) {
        throw new AssertionError("the stream ended: " + read);
      }
      read.append((char) b);
    }
  }

  /** Waits until {@code count} requests had this outcome. */
  void awaitOutcome(String outcome, int count) {
    await(() -> outcome(outcome) >= count, outcome + " of " + count);
  }

  double outcome(String outcome) {
    return telemetry.metrics().sum("llm_idempotency_total", "outcome", outcome).orElse(0);
  }

  static void await(BooleanSupplier holds, String what) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("in vain: " + what);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.close();
    idempotency.close();
  }
}
