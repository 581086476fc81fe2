package llm.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Principal;
import llm.domain.error.ErrorCode;
import llm.domain.port.IdSource;
import llm.server.engine.EngineLimits;
import llm.server.trace.ServerSpans;

/** The HTTP layer on a free port with routes of the test's choice, and a client beside it. */
public final class TestServer implements AutoCloseable {
  static final HttpSettings DEFAULTS =
      new HttpSettings(
          "127.0.0.1",
          0,
          HttpSettings.Engine.OWN,
          1 << 20,
          64,
          new EngineLimits(
              20_000,
              64 * 1024,
              200,
              Duration.ofSeconds(15),
              Duration.ofSeconds(30),
              Duration.ofSeconds(60),
              Duration.ofSeconds(60),
              Duration.ofSeconds(30)),
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofMinutes(5), // no comment comes between what a test expects
          Duration.ofSeconds(5));

  public final RecordingTelemetry telemetry = new RecordingTelemetry();
  public final Admission admission;
  final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError("an alarm threw", failure);
      });
  private final HttpListener listener;
  private final HttpClient client = HttpClient.newHttpClient();

  private TestServer(
      HttpSettings settings,
      Gate gate,
      Admission admission,
      Dispatcher.Dialects dialects,
      List<Route> routes,
      Optional<Repeats> repeats)
      throws IOException {
    this(settings, gate, admission, dialects, ServerSpans.OFF, routes, repeats);
  }

  private TestServer(
      HttpSettings settings,
      Gate gate,
      Admission admission,
      Dispatcher.Dialects dialects,
      ServerSpans spans,
      List<Route> routes,
      Optional<Repeats> repeats)
      throws IOException {
    this.admission = admission;
    listener = HttpListener.bind(settings, alarms, telemetry);
    listener.serve(
        new Dispatcher(
            settings,
            () -> Dispatcher.Site.of(new Router(routes), gate),
            admission,
            dialects,
            new Dispatcher.Surroundings(telemetry, alarms, IdSource.RANDOM, spans),
            repeats));
  }

  public static TestServer open(Route... routes) throws IOException {
    return open(settings -> settings, routes);
  }

  public static TestServer open(UnaryOperator<HttpSettings> change, Route... routes)
      throws IOException {
    return open(change.apply(DEFAULTS), (_, _) -> Principal.LOCAL, routes);
  }

  public static TestServer open(HttpSettings settings, Gate gate, Route... routes)
      throws IOException {
    Dispatcher.Dialects plain = _ -> (error, id) -> json(error.code(), error.message(), id.value());
    var admission = new Admission(settings.maxRequests());
    return new TestServer(settings, gate, admission, plain, List.of(routes), Optional.empty());
  }

  /** A server whose requests are traced. */
  public static TestServer open(ServerSpans spans, Route... routes) throws IOException {
    Dispatcher.Dialects plain = _ -> (error, id) -> json(error.code(), error.message(), id.value());
    return new TestServer(
        DEFAULTS,
        (_, _) -> Principal.LOCAL,
        new Admission(DEFAULTS.maxRequests()),
        plain,
        spans,
        List.of(routes),
        Optional.empty());
  }

  /** A server of real endpoints. */
  public static TestServer open(
      Admission admission, Dispatcher.Dialects dialects, List<Route> routes) throws IOException {
    return new TestServer(
        DEFAULTS, (_, _) -> Principal.LOCAL, admission, dialects, routes, Optional.empty());
  }

  /** A server of real endpoints for several principals. */
  public static TestServer open(Gate gate, Dispatcher.Dialects dialects, List<Route> routes)
      throws IOException {
    return new TestServer(
        DEFAULTS, gate, new Admission(DEFAULTS.maxRequests()), dialects, routes, Optional.empty());
  }

  /** A server that answers requests by their keys. */
  public static TestServer open(
      Gate gate, Dispatcher.Dialects dialects, List<Route> routes, Repeats repeats)
      throws IOException {
    var admission = new Admission(DEFAULTS.maxRequests());
    return new TestServer(DEFAULTS, gate, admission, dialects, routes, Optional.of(repeats));
  }

  /** A server on the engine of the test's choice. */
  public static TestServer open(HttpSettings.Engine engine, Route... routes) throws IOException {
    var d = DEFAULTS;
    var settings =
        new HttpSettings(
            d.host(),
            d.port(),
            engine,
            d.maxBodyBytes(),
            d.maxRequests(),
            d.limits(),
            d.requestBudget(),
            d.firstEventCommit(),
            d.keepAlive(),
            d.drain());
    return open(settings, (_, _) -> Principal.LOCAL, routes);
  }

  /** The server's timer. */
  public Alarms alarms() {
    return alarms;
  }

  /** Waits for the first access line. */
  public RecordingTelemetry.Event accessLine() {
    return accessLines(1).getFirst();
  }

  public static Route work(String method, String path, Route.Handler handler) {
    return new Route(method, path, Route.Kind.WORK, handler);
  }

  public int port() {
    return listener.address().getPort();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  public HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(uri(path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  public HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, BodyHandlers.ofString());
  }

  /** A connection of its own, on which {@code text} was sent. */
  Socket raw(String text) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  /** Reads until {@code end} was read, or the end of the stream. */
  static String readUntil(InputStream in, String end) throws IOException {
    var read = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      read.write(b);
      if (read.toString(StandardCharsets.UTF_8).endsWith(end)) {
        break;
      }
    }
    return read.toString(StandardCharsets.UTF_8);
  }

  /** Waits until {@code count} access lines were logged, and returns them. */
  public List<RecordingTelemetry.Event> accessLines(int count) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (telemetry.events("http_request").size() < count) {
      if (System.nanoTime() > until) {
        throw new AssertionError(count + " access lines expected: " + telemetry.events());
      }
      Thread.onSpinWait();
    }
    return telemetry.events("http_request");
  }

  @Override
  public void close() {
    client.close();
    listener.close();
    alarms.close();
  }

  private static byte[] json(ErrorCode code, String message, String id) {
    return ("{\"code\":\""
            + code.wireName()
            + "\",\"message\":\""
            + message
            + "\",\"id\":\""
            + id
            + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
