package llm.server.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;

/** An engine on a free port of this machine with one handler at the root. */
final class TestEngine implements AutoCloseable {
  static final EngineLimits LIMITS =
      new EngineLimits(
          1000,
          16 * 1024,
          100,
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30));

  /** Says what it was asked: {@code METHOD path body}. */
  static final HttpHandler ECHO =
      exchange -> {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath();
        answer(exchange, 200, asked + " " + new String(body, StandardCharsets.ISO_8859_1));
      };

  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final HttpServer server;
  private final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError("an alarm threw", failure);
      });
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private TestEngine(boolean own, EngineLimits limits, HttpHandler handler) throws IOException {
    this(own, limits, handler, Optional.empty());
  }

  private TestEngine(
      boolean own, EngineLimits limits, HttpHandler handler, Optional<ManualClock> clock)
      throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (own) {
      Alarms time = clock.isPresent() ? clock.get() : alarms;
      var provider = new EngineProvider(limits, ConnectionLayer.PLAIN, time, telemetry);
      server = provider.createHttpServer(address, 0);
    } else {
      server = HttpServer.create(address, 0);
      server.setExecutor(threads);
    }
    server.createContext("/", handler);
    server.start();
  }

  static TestEngine own(HttpHandler handler) throws IOException {
    return new TestEngine(true, LIMITS, handler);
  }

  static TestEngine own(EngineLimits limits, HttpHandler handler) throws IOException {
    return new TestEngine(true, limits, handler);
  }

  /** One that echoes, by a clock that the test moves. */
  static TestEngine at(ManualClock clock) throws IOException {
    return new TestEngine(true, LIMITS, ECHO, Optional.of(clock));
  }

  /** The JDK's, to compare with. */
  static TestEngine jdk(HttpHandler handler) throws IOException {
    return new TestEngine(false, LIMITS, handler);
  }

  Engine engine() {
    return (Engine) server;
  }

  RawClient connect() throws IOException {
    return new RawClient(server.getAddress().getPort());
  }

  static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }

  /** The number that the metrics show on the line that begins so; 0 when there is none. */
  double metric(String line) {
    return telemetry
        .metrics()
        .prometheusText()
        .lines()
        .filter(text -> text.startsWith(line + " "))
        .mapToDouble(text -> Double.parseDouble(text.substring(line.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  /** Waits until something holds that other threads bring about. */
  static void await(String what, BooleanSupplier holds) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("not within 20 s: " + what);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    alarms.close();
  }
}
