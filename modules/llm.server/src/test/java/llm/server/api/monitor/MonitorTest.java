package llm.server.api.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import llm.core.concurrent.TimerThread;
import llm.core.event.EventBus;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Log;
import llm.core.telemetry.TelemetrySettings;
import llm.core.testkit.ManualClock;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmRequestId;
import llm.domain.model.ModelName;
import llm.domain.port.ProviderHealth;
import llm.domain.port.TimeSource;
import llm.server.http.HttpSettings;
import llm.server.http.Route;
import llm.server.http.TestServer;
import llm.server.ws.WebSocketSettings;
import llm.server.ws.WebSockets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** T-10: the live monitor through a real server; figures come by a clock that the test moves. */
@Timeout(60)
class MonitorTest {
  private static final int MAX_LISTENERS = 3;
  private static final int QUEUE = 200;
  private static final Pattern SEQUENCE = Pattern.compile("\"seq\":(\\d+)");

  private final ManualClock clock = new ManualClock();
  private final TimerThread timer = new TimerThread(_ -> {});
  private final JsonLines telemetry =
      new JsonLines(OutputStream.nullOutputStream(), TelemetrySettings.DEFAULT, TimeSource.SYSTEM);
  private final EventBus events = new EventBus(telemetry);
  private final AtomicInteger taps = new AtomicInteger();
  private final WebSockets sockets = new WebSockets(timer, telemetry);
  private final HttpClient client = HttpClient.newHttpClient();
  private final Log log = telemetry.log("test");
  private TestServer server;

  @BeforeEach
  void open() throws IOException {
    open(Duration.ofMillis(500));
  }

  /** Opens a server whose clients have so long to answer a close frame. */
  private void open(Duration close) throws IOException {
    var limits =
        new WebSocketSettings(
            1 << 20, Duration.ofSeconds(20), Duration.ofSeconds(20), close, Duration.ofSeconds(30));
    var sources =
        new LiveMonitor.Sources(
            tap -> {
              taps.incrementAndGet();
              var registration = telemetry.tap(tap);
              return () -> {
                taps.decrementAndGet();
                registration.close();
              };
            },
            events,
            telemetry.metrics(),
            () -> Map.of("mock", new ProviderHealth(ProviderHealth.Status.UP, "fine")));
    var monitor =
        new LiveMonitor(
            new MonitorSettings(MAX_LISTENERS, QUEUE), limits, sockets, sources, clock, "9.9");
    server = TestServer.open(HttpSettings.Engine.OWN, monitor.routes().toArray(Route[]::new));
  }

  @AfterEach
  void close() {
    client.shutdownNow();
    sockets.close();
    server.close();
    events.close();
    telemetry.close();
    timer.close();
  }

  /** A listener that reads. */
  private static final class Heard implements WebSocket.Listener {
    private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        messages.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      messages.add("close " + code + " " + reason);
      return null;
    }

    String next() throws InterruptedException {
      String next = messages.poll(20, TimeUnit.SECONDS);
      return next == null ? "nothing came" : next;
    }

    /** The next message of this type; others are passed over. */
    String next(String type) throws InterruptedException {
      String next = next();
      while (!next.startsWith("{\"type\":\"" + type + "\"") && !next.startsWith("nothing")) {
        next = next();
      }
      return next;
    }
  }

  private WebSocket listen(Heard heard, String query) throws Exception {
    var socket =
        client
            .newWebSocketBuilder()
            .subprotocols(LiveMonitor.SUBPROTOCOL)
            .buildAsync(
                URI.create("ws://127.0.0.1:" + server.port() + LiveMonitor.PATH + query), heard)
            .get(20, TimeUnit.SECONDS);
    assertThat(heard.next()).startsWith("{\"type\":\"hello\"");
    return socket;
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it never came to be").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  private double metric(String name) {
    OptionalDouble value = telemetry.metrics().sum(name);
    return value.orElseThrow();
  }

  private static LlmEvent event() {
    return new LlmEvent.LlmInteractionStarted(
        UUID.randomUUID(),
        new ManualClock().now(),
        new LlmRequestId(UUID.randomUUID()),
        new ModelName("mock"));
  }

  @Test
  void greetsThenShowsEventsLinesAndFiguresInOneEnvelope() throws Exception {
    var heard = new Heard();
    var socket =
        client
            .newWebSocketBuilder()
            .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + LiveMonitor.PATH), heard)
            .get(20, TimeUnit.SECONDS);
    assertThat(heard.next())
        .matches(
            "\\{\"type\":\"hello\",\"ts\":\"2026-01-02T03:04:05.006Z\",\"seq\":1,\"data\":"
                + "\\{\"service\":\"llm.server\",\"version\":\"9.9\",\"stats_every_ms\":2000,"
                + "\"topics\":\\[\"event\",\"log\",\"stats\"],\"level\":\"info\"}}");
    assertThat(heard.next("stats"))
        .contains("\"seq\":2", "\"listeners\":1", "\"ws_connections\":1")
        .contains("\"providers\":{\"mock\":{\"status\":\"up\",\"detail\":\"fine\"}}")
        .contains("\"tokens_per_second\":null");
    log.info("something").put("text", "über \"all\"").put("n", 3).emit();
    assertThat(heard.next("log"))
        .contains("\"data\":{\"ts\":\"", "\"event\":\"something\"", "\"n\":3}}")
        .contains("\"text\":\"über \\\"all\\\"\"");
    events.publish(event());
    assertThat(heard.next("event"))
        .contains("\"event\":\"llm_interaction_started\"", "\"model\":\"mock\"");
    socket.sendClose(1000, "").get();
    assertThat(heard.next()).isEqualTo("close 1000 ");
  }

  @Test
  void figuresComeEveryTwoSecondsWithRates() throws Exception {
    var heard = new Heard();
    listen(heard, "?topics=stats");
    var tokens = telemetry.metrics().counter("llm_tokens_total", "x", "model", "kind");
    var first =
        telemetry
            .metrics()
            .histogram("llm_time_to_first_token_seconds", "x", new double[] {.1, .2, .4}, "model");
    assertThat(heard.next("stats")).contains("\"ttft_p50_ms\":null");
    await(() -> clock.alarmCount() == 1);
    tokens.labels("mock", "completion").add(30);
    tokens.labels("mock", "prompt").add(1_000);
    first.labels("mock").observe(0.15);
    clock.advance(Duration.ofMillis(1_999));
    assertThat(heard.messages).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(heard.next("stats")).contains("\"tokens_per_second\":15,", "\"ttft_p50_ms\":150,");
    await(() -> clock.alarmCount() == 1);
    clock.advance(Duration.ofSeconds(2));
    assertThat(heard.next("stats")).contains("\"tokens_per_second\":0,");
  }

  @Test
  void aQueryChoosesTopicsAndLevel() throws Exception {
    var heard = new Heard();
    listen(heard, "?topics=log&level=warn");
    log.info("quiet").emit();
    events.publish(event());
    assertThat(events.flush(Duration.ofSeconds(20))).isTrue();
    log.warn("loud").emit();
    assertThat(heard.next()).contains("\"type\":\"log\"", "\"event\":\"loud\"");
    assertThat(heard.messages).isEmpty();
  }

  @Test
  void aMessageChangesTheFilterAndAWrongOneIsToldAndChangesNothing() throws Exception {
    var heard = new Heard();
    WebSocket socket = listen(heard, "?topics=event");
    socket.sendText("{\"topics\":[\"log\"],\"level\":\"error\"}", true).get();
    assertThat(heard.next())
        .contains("\"type\":\"filter\"", "{\"topics\":[\"log\"],\"level\":\"error\"}");
    for (String wrong :
        List.of(
            "{",
            "[]",
            "x",
            "{\"topics\":[]}",
            "{\"topics\":[\"logs\"]}",
            "{\"level\":\"loud\"}",
            "{\"topic\":[\"log\"]}",
            "{\"level\":[\"info\",\"warn\"]}",
            "{\"level\":1}",
            "{} {}")) {
      socket.sendText(wrong, true).get();
      assertThat(heard.next()).as(wrong).contains("\"type\":\"error\"", "invalid_request");
    }
    log.warn("below").emit();
    log.error("above").emit();
    assertThat(heard.next()).contains("\"event\":\"above\"");
    socket.sendBinary(ByteBuffer.allocate(1), true).get();
    assertThat(heard.next()).startsWith("close 1003");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?topics=", "?topics=logs", "?level=loud", "?topic=log", "?level"})
  void aWrongQueryIsRefusedBeforeTheConnectionIsOpened(String query) throws Exception {
    assertThat(refusal(query)).isEqualTo(400);
  }

  @Test
  void moreListenersThanThereArePlacesAreRefused() throws Exception {
    var last = new Heard();
    for (int i = 0; i < MAX_LISTENERS - 1; i++) {
      listen(new Heard(), "?topics=event");
    }
    WebSocket leaving = listen(last, "?topics=event");
    assertThat(refusal("")).isEqualTo(503);
    leaving.sendClose(1000, "").get();
    await(() -> metric("gateway_monitor_listeners") == MAX_LISTENERS - 1);
    listen(new Heard(), "");
  }

  private int refusal(String query) throws Exception {
    try {
      listen(new Heard(), query);
      throw new AssertionError("it was let in");
    } catch (ExecutionException refused) {
      return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
    }
  }

  @Test
  void nothingIsListenedToWhileNobodyListens() throws Exception {
    assertThat(taps).hasValue(0);
    WebSocket one = listen(new Heard(), "");
    WebSocket two = listen(new Heard(), "");
    assertThat(taps).hasValue(1);
    one.sendClose(1000, "").get();
    await(() -> metric("gateway_monitor_listeners") == 1);
    assertThat(taps).hasValue(1);
    two.sendClose(1000, "").get();
    await(() -> metric("gateway_monitor_listeners") == 0);
    await(() -> taps.get() == 0);
    await(() -> clock.alarmCount() == 0);
    var again = new Heard();
    // The line of the second one's end may come as late as this and is no warning.
    listen(again, "?topics=log&level=warn");
    log.warn("again").emit();
    assertThat(again.next("log")).contains("again");
  }

  @Test
  void aListenerThatDoesNotReadIsDroppedAndTheOthersMissNothing() throws Exception {
    var heard = new Heard();
    listen(heard, "?topics=log&level=warn");
    try (var deaf = new Socket()) {
      deaf.setReceiveBufferSize(4096);
      deaf.setSoTimeout(20_000);
      deaf.connect(new InetSocketAddress("127.0.0.1", server.port()));
      deaf.getOutputStream()
          .write(
              ("GET /ws/monitor?topics=log HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                      + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      await(() -> metric("gateway_monitor_listeners") == 2);
      String text = "x".repeat(4_000);
      int sent = 0;
      int received = 0;
      long sequence = 0;
      // In bursts that the listener who reads can take; until the other one has been dropped.
      while (metric("gateway_monitor_dropped_total") == 0) {
        assertThat(sent).as("the deaf one was never dropped").isLessThan(100_000);
        for (int i = 0; i < QUEUE / 2; i++) {
          log.warn("burst").put("n", sent++).put("text", text).emit();
        }
        for (; received < sent; received++) {
          String line = heard.next("log");
          assertThat(line).contains("\"n\":" + received + ",");
          long next = sequence(line);
          assertThat(next).isGreaterThan(sequence);
          sequence = next;
        }
      }
      assertThat(metric("gateway_monitor_dropped_total")).isEqualTo(1);
      assertThat(metric("gateway_monitor_listeners")).isEqualTo(1);
      assertThat(metric("log_dropped_total")).isZero();
      // Its connection goes, too: it ends for one that reads on at last.
      assertThat(readToEnd(deaf.getInputStream())).isPositive();
    }
    log.warn("after").emit();
    assertThat(heard.next("log")).contains("after");
  }

  @Test
  void aListenerThatIsTooSlowAndReadsAgainIsToldWhy() throws Exception {
    server.close();
    open(Duration.ofSeconds(20)); // enough to read all that waits on a busy machine
    var heard = new Heard();
    try (var slow = new Socket("127.0.0.1", server.port())) {
      slow.setSoTimeout(20_000);
      slow.getOutputStream()
          .write(
              ("GET /ws/monitor?topics=log HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                      + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      await(() -> metric("gateway_monitor_listeners") == 1);
      String text = "x".repeat(8_000);
      while (metric("gateway_monitor_dropped_total") == 0) {
        log.info("burst").put("text", text).emit();
      }
      assertThat(readUntil(slow.getInputStream(), "too slow")).endsWith("too slow");
    }
    listen(heard, "");
  }

  private static long sequence(String message) {
    var matcher = SEQUENCE.matcher(message);
    assertThat(matcher.find()).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  /** The last of what comes until it ends so, or the connection does. */
  private static String readUntil(InputStream in, String end) throws IOException {
    String last = "";
    byte[] piece = new byte[64 * 1024];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      String read = last + new String(piece, 0, n, StandardCharsets.ISO_8859_1);
      last = read.substring(Math.max(0, read.length() - end.length()));
      if (last.equals(end)) {
        break;
      }
    }
    return last;
  }

  private static long readToEnd(InputStream in) {
    long count = 0;
    try {
      byte[] piece = new byte[64 * 1024];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        count += n;
      }
    } catch (IOException reset) {
      return count; // dropped without a word is an end, too
    }
    return count;
  }
}
