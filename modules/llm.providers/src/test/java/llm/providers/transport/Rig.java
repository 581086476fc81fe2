package llm.providers.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.providers.transport.TransportSettings.Client;

/** A transport of one kind on a clock that stands, and what the tests ask of it. */
final class Rig implements AutoCloseable {
  static final Duration LONG = Duration.ofHours(2);

  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final Transport transport;

  private Rig(Client client, BaseUrl target, String yaml, Map<String, String> environment) {
    var config = TestConfig.yaml("client: " + client + "\n" + yaml, environment);
    TransportSettings settings = TransportSettings.read(config.root(), target);
    if (!config.problems().isEmpty()) {
      throw new IllegalArgumentException(config.problems().toString());
    }
    transport = Transports.open("test", target, settings, telemetry, clock);
  }

  static Rig open(Client client, FaultUpstream upstream, String... yamlLines) {
    return new Rig(
        client, BaseUrl.of(upstream.uri().toString()), String.join("\n", yamlLines), Map.of());
  }

  static Rig open(Client client, String baseUrl, String... yamlLines) {
    return new Rig(client, BaseUrl.of(baseUrl), String.join("\n", yamlLines), Map.of());
  }

  static Rig openWith(
      Client client, String baseUrl, Map<String, String> environment, String... yamlLines) {
    return new Rig(client, BaseUrl.of(baseUrl), String.join("\n", yamlLines), environment);
  }

  /** A call without a limit that matters. */
  CallScope call() {
    return Calls.open(clock, Duration.ofDays(1));
  }

  static UpstreamRequest post(String path, String body) {
    var type = new UpstreamRequest.Header("Content-Type", "application/json");
    return new UpstreamRequest(
        "POST",
        path,
        List.of(type),
        UpstreamRequest.Body.of(body.getBytes(StandardCharsets.UTF_8)));
  }

  static UpstreamRequest get(String path) {
    return new UpstreamRequest("GET", path, List.of(), UpstreamRequest.Body.NONE);
  }

  /** What comes of a POST: {@code "200 body"}, {@code "200 CUT"} or {@code "CUT"}. */
  String outcome() {
    return outcome(post("/x", "{}"));
  }

  /** The same; {@code onHead} runs when the answer's head was read. */
  String outcome(Runnable onHead) {
    try (CallScope call = call()) {
      return outcome(post("/x", "{}"), call, onHead);
    }
  }

  String outcome(UpstreamRequest request) {
    try (CallScope call = call()) {
      return outcome(request, call);
    }
  }

  String outcome(UpstreamRequest request, CallScope call) {
    return outcome(request, call, () -> {});
  }

  private String outcome(UpstreamRequest request, CallScope call, Runnable onHead) {
    try (UpstreamResponse response = transport.send(request, call)) {
      onHead.run();
      return response.status() + " " + body(response);
    } catch (TransportException failed) {
      return failed.kind().name();
    }
  }

  static String body(UpstreamResponse response) {
    var text = new StringBuilder();
    byte[] buffer = new byte[977];
    try {
      InputStream in = response.body();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        text.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
      }
      return text.toString();
    } catch (TransportException failed) {
      return failed.kind().name();
    } catch (IOException wrong) {
      throw new AssertionError("a body must fail with a TransportException", wrong);
    }
  }

  /** Runs on a thread of its own. */
  static <T> CompletableFuture<T> start(Supplier<T> work) {
    var result = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(work.get());
          } catch (RuntimeException | Error thrown) {
            result.completeExceptionally(thrown);
          }
        });
    return result;
  }

  static <T> T await(CompletableFuture<T> result) throws Exception {
    return result.get(Integer.getInteger("patience.seconds", 20), TimeUnit.SECONDS);
  }

  /**
   * Lets time pass until the result is there: a waiter notes its limit when it begins to wait. It
   * is given real time for that between two steps, or the clock would run away from a busy machine.
   */
  <T> T advanceUntil(CompletableFuture<T> result, Duration step) throws Exception {
    for (int i = 0; i < 1000; i++) {
      try {
        return result.get(25, TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        clock.advance(step);
      } catch (ExecutionException failed) {
        throw new AssertionError(failed.getCause());
      }
    }
    throw new AssertionError("no end after 1000 steps of " + step);
  }

  Permits permits() {
    return switch (transport) {
      case PooledTransport pooled -> pooled.pool().permits();
      case JdkTransport jdk -> jdk.permits();
      default -> throw new AssertionError(transport);
    };
  }

  /** Every permit is back, and every connection of ours rests. */
  void requireNothingLeaked() {
    if (permits().taken() != 0 || permits().waiting() != 0) {
      throw new AssertionError(permits().taken() + " permits leaked");
    }
    if (transport instanceof PooledTransport pooled
        && pooled.pool().size() != pooled.pool().resting()) {
      throw new AssertionError(
          pooled.pool().size() + " connections, " + pooled.pool().resting() + " rest");
    }
  }

  /** The value of a counter or gauge, as it stands in the metrics' text. */
  double metric(String series) {
    return telemetry
        .metrics()
        .prometheusText()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .map(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(0.0);
  }

  @Override
  public void close() {
    transport.close();
  }
}
