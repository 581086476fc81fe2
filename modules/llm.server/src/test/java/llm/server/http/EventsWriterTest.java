package llm.server.http;

import static llm.server.http.TestServer.readUntil;
import static llm.server.http.TestServer.work;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import llm.core.concurrent.EventRing;
import llm.core.testkit.ManualClock;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-10, A-15: a stream's way to its client, over real sockets. */
@Timeout(60)
class EventsWriterTest {
  private static final String GET = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final StreamEvent STARTED = new StreamEvent.Started("m");
  private static final StreamEvent.Done DONE =
      new StreamEvent.Done(FinishReason.STOP, Usage.of(1, 1));

  /** A provider whose events the test gives; it ends itself when its call is cancelled. */
  private static final class Producer {
    private final CompletableFuture<EventRing> ring = new CompletableFuture<>();
    private final CompletableFuture<CancelReason> cancelled = new CompletableFuture<>();
    private final ManualClock clock = new ManualClock();

    private Response stream(Request request, Consumer<EventRing> first) {
      Call call = request.call();
      Response.Source source =
          () -> {
            var events = new EventRing(64, call, clock);
            call.onCancel(() -> {
              var reason = call.cancelled().orElseThrow();
              events.end(StreamEvent.Terminal.of(reason, "test", Duration.ofMillis(1), Usage.NONE));
              cancelled.complete(reason);
            });
            first.accept(events);
            ring.complete(events);
            return events;
          };
      return new Response.Events(source, EventsWriterTest::encode);
    }

    private EventRing ring() throws Exception {
      return ring.get(10, TimeUnit.SECONDS);
    }

    private CancelReason cancelled() throws Exception {
      return cancelled.get(10, TimeUnit.SECONDS);
    }
  }

  private static void encode(StreamEvent event, OutputStream frames) throws IOException {
    String frame =
        switch (event) {
          case StreamEvent.Started _ -> "";
          case StreamEvent.TextDelta(String text, _) -> "data: " + text + "\n\n";
          case StreamEvent.Done _ -> "data: [DONE]\n\n";
          case StreamEvent.Failed failed -> "data: error " + failed.error().code() + "\n\n";
          case StreamEvent.Cancelled cancelled -> "data: error " + cancelled.reason() + "\n\n";
          case StreamEvent.Note _,
              StreamEvent.ReasoningDelta _,
              StreamEvent.ReasoningSigned _,
              StreamEvent.ReasoningHidden _,
              StreamEvent.ToolCallStarted _,
              StreamEvent.ToolArgumentsDelta _ ->
              "";
        };
    frames.write(frame.getBytes(StandardCharsets.UTF_8));
  }

  private static TestServer serve(
      Producer producer, UnaryOperator<HttpSettings> change, Consumer<EventRing> first)
      throws Exception {
    return TestServer.open(
        change, work("GET", "/stream", request -> producer.stream(request, first)));
  }

  private static TestServer serve(Producer producer) throws Exception {
    return serve(producer, settings -> settings, ring -> ring.offer(STARTED));
  }

  @Test
  void sendsEachEventWhileTheNextIsNotThereYet() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer);
        Socket socket = server.raw(GET)) {
      var in = socket.getInputStream();
      String head = readUntil(in, "\r\n\r\n");
      assertThat(head)
          .startsWith("HTTP/1.1 200")
          .containsIgnoringCase("content-type: text/event-stream; charset=utf-8")
          .containsIgnoringCase("cache-control: no-cache")
          .containsIgnoringCase("x-accel-buffering: no");
      producer.ring().offer(new StreamEvent.TextDelta("one"));
      assertThat(readUntil(in, "data: one\n\n")).contains("data: one");
      producer.ring().offer(new StreamEvent.TextDelta("two"));
      assertThat(readUntil(in, "data: two\n\n")).contains("data: two").doesNotContain("one");
      producer.ring().end(DONE);
      assertThat(readUntil(in, "0\r\n\r\n")).contains("data: [DONE]");
      assertThat(server.accessLines(1).getFirst().text("end")).contains("done");
    }
  }

  @Test
  void sendsABurstInOnePiece() throws Exception {
    var producer = new Producer();
    Consumer<EventRing> burst =
        ring -> {
          ring.offer(STARTED);
          for (int i = 0; i < 20; i++) {
            ring.offer(new StreamEvent.TextDelta("t" + i));
          }
          ring.end(DONE);
        };
    try (var server = serve(producer, settings -> settings, burst);
        Socket socket = server.raw(GET)) {
      String all = readUntil(socket.getInputStream(), "0\r\n\r\n");
      String body = all.substring(all.indexOf("\r\n\r\n") + 4);
      assertThat(body.split("\r\n")).as("one chunk, and the last").hasSize(4 - 1);
      assertThat(body).contains("t0", "t19", "[DONE]");
    }
  }

  @Test
  void aRefusalBeforeTheFirstEventHasItsOwnStatus() throws Exception {
    Route refusing =
        work(
            "GET",
            "/stream",
            _ ->
                new Response.Events(
                    () -> {
                      throw new LlmException(
                          new LlmError.ModelUnavailable("local", "The file is not there."));
                    },
                    EventsWriterTest::encode));
    try (var server = TestServer.open(refusing)) {
      var response = server.get("/stream");
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
      assertThat(response.body()).contains("model_unavailable");
    }
  }

  @Test
  void aStreamThatOnlyFailsHasItsOwnStatus() throws Exception {
    var producer = new Producer();
    var failure =
        new StreamEvent.Failed(new LlmError.ProviderFailed("mock", "It broke."), Usage.NONE);
    try (var server = serve(producer, settings -> settings, ring -> ring.end(failure))) {
      assertThat(server.get("/stream").statusCode()).isEqualTo(502);
    }
  }

  @Test
  void aFailureInMidStreamIsAnErrorFrameAndNoEnd() throws Exception {
    var producer = new Producer();
    Consumer<EventRing> failing =
        ring -> {
          ring.offer(STARTED);
          ring.offer(new StreamEvent.TextDelta("half"));
          ring.end(
              new StreamEvent.Failed(new LlmError.ProviderFailed("mock", "It broke."), Usage.NONE));
        };
    try (var server = serve(producer, settings -> settings, failing)) {
      var response = server.get("/stream");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("data: half\n\ndata: error PROVIDER_FAILED\n\n");
      assertThat(server.accessLines(1).getFirst().text("end")).contains("provider_failed");
    }
  }

  @Test
  void aBugInMidStreamIsAnErrorFrameAndLogged() throws Exception {
    var producer = new Producer();
    Response.Encoder broken =
        (event, frames) -> {
          if (event instanceof StreamEvent.TextDelta) {
            throw new IllegalStateException("cannot encode");
          }
          encode(event, frames);
        };
    Route route =
        work(
            "GET",
            "/stream",
            request -> {
              var events = (Response.Events) producer.stream(request, ring -> ring.offer(STARTED));
              return new Response.Events(events.source(), broken);
            });
    try (var server = TestServer.open(route);
        Socket socket = server.raw(GET)) {
      readUntil(socket.getInputStream(), "\r\n\r\n");
      producer.ring().offer(new StreamEvent.TextDelta("x"));
      assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n")).contains("error INTERNAL");
      assertThat(server.telemetry.events("request_failed").getFirst().text("error").orElseThrow())
          .contains("cannot encode");
      assertThat(producer.cancelled()).isEqualTo(CancelReason.CLOSED);
    }
  }

  @Test
  void aBugAfterTheEndIsNoSecondEnd() throws Exception {
    var events = List.of(STARTED, new StreamEvent.TextDelta("all"), DONE).iterator();
    EventStream<StreamEvent> failing =
        new EventStream<>() {
          @Override
          public StreamEvent next() {
            return events.next();
          }

          @Override
          public boolean hasReady() {
            return false;
          }

          @Override
          public void close() {
            throw new IllegalStateException("cannot close");
          }
        };
    Route route =
        work("GET", "/stream", _ -> new Response.Events(() -> failing, EventsWriterTest::encode));
    try (var server = TestServer.open(route)) {
      assertThat(server.get("/stream").body()).isEqualTo("data: all\n\ndata: [DONE]\n\n");
      assertThat(server.telemetry.events("request_failed")).hasSize(1);
    }
  }

  @Test
  void commitsWithACommentWhenTheFirstEventIsLate() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer, s -> withFirstEvent(s, Duration.ofMillis(100)), _ -> {});
        Socket socket = server.raw(GET)) {
      var in = socket.getInputStream();
      assertThat(readUntil(in, ": keep-alive\n\n")).startsWith("HTTP/1.1 200");
      producer
          .ring()
          .end(new StreamEvent.Failed(new LlmError.ProviderFailed("m", "Too late."), Usage.NONE));
      assertThat(readUntil(in, "0\r\n\r\n")).contains("data: error PROVIDER_FAILED");
    }
  }

  /** As with a model's queue: nothing was answered yet, and nothing is written to be noticed by. */
  @Test
  void aClientThatLeavesWhileItIsQueuedCancelsTheProvider() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer, settings -> settings, _ -> {})) {
      Socket socket = server.raw(GET);
      producer.ring();
      socket.close();
      assertThat(producer.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
      assertThat(server.accessLines(1).getFirst().text("end")).contains("client_gone");
    }
  }

  @Test
  void theJdksEngineLearnsByWritingThatAClientHasLeft() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer, EventsWriterTest::withJdk, ring -> ring.offer(STARTED))) {
      Socket socket = server.raw(GET);
      readUntil(socket.getInputStream(), "\r\n\r\n");
      producer.ring();
      socket.close();
      assertThat(producer.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
      assertThat(server.accessLines(1).getFirst().text("end")).contains("client_gone");
    }
  }

  @Test
  void sendsCommentsAsLongAsThereIsSilence() throws Exception {
    var producer = new Producer();
    try (var server =
            serve(
                producer,
                s -> withKeepAlive(s, HttpSettings.Engine.OWN, Duration.ofMillis(50)),
                ring -> ring.offer(STARTED));
        Socket socket = server.raw(GET)) {
      for (int i = 0; i < 3; i++) {
        assertThat(readUntil(socket.getInputStream(), ": keep-alive\n\n")).contains(": keep-alive");
      }
      producer.ring().end(DONE);
      assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n")).contains("data: [DONE]");
    }
  }

  private static HttpSettings withJdk(HttpSettings s) {
    return withKeepAlive(s, HttpSettings.Engine.JDK, Duration.ofMillis(50));
  }

  private static HttpSettings withKeepAlive(
      HttpSettings s, HttpSettings.Engine engine, Duration keepAlive) {
    return new HttpSettings(
        s.host(),
        s.port(),
        engine,
        s.maxBodyBytes(),
        s.maxRequests(),
        s.limits(),
        s.requestBudget(),
        s.firstEventCommit(),
        keepAlive,
        s.drain());
  }

  @Test
  void aClientThatLeavesInSilenceCancelsTheProviderThoughNothingIsWritten() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer)) {
      Socket socket = server.raw(GET);
      readUntil(socket.getInputStream(), "\r\n\r\n");
      producer.ring();
      socket.close();
      assertThat(producer.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
      assertThat(server.accessLines(1).getFirst().text("end")).contains("client_gone");
      assertThat(server.admission.awaitIdle(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void aClientThatDoesNotReadIsDroppedAndItsProviderCancelled() throws Exception {
    var producer = new Producer();
    var text = new StreamEvent.TextDelta("x".repeat(64 * 1024));
    try (var server = serve(producer, s -> withWriteTimeout(s, Duration.ofMillis(300)), _ -> {});
        Socket _ = server.raw(GET)) {
      EventRing ring = producer.ring();
      while (ring.offer(text) || !producer.cancelled.isDone()) {
        Thread.onSpinWait();
      }
      assertThat(producer.cancelled()).isEqualTo(CancelReason.CLIENT_GONE);
      assertThat(server.accessLines(1).getFirst().text("end")).contains("client_stalled");
      assertThat(server.admission.awaitIdle(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void aShutdownEndsEveryStreamWithAnErrorFrame() throws Exception {
    var producer = new Producer();
    try (var server = serve(producer);
        Socket socket = server.raw(GET)) {
      readUntil(socket.getInputStream(), "\r\n\r\n");
      producer.ring();
      server.admission.drain();
      server.admission.cancelAll(CancelReason.SHUTDOWN);
      assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n")).contains("data: error SHUTDOWN");
      assertThat(server.admission.awaitIdle(Duration.ofSeconds(10))).isTrue();
      assertThat(server.accessLines(1).getFirst().text("end")).contains("cancelled_shutdown");
    }
  }

  @Test
  void keepsTheConnectionForTheNextRequestAfterAStream() throws Exception {
    Consumer<EventRing> atOnce =
        ring -> {
          ring.offer(STARTED);
          ring.end(DONE);
        };
    Route route = work("GET", "/stream", request -> new Producer().stream(request, atOnce));
    try (var server = TestServer.open(route);
        Socket socket = server.raw(GET + GET)) {
      assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n")).contains("[DONE]");
      assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n")).contains("[DONE]");
    }
  }

  private static HttpSettings withFirstEvent(HttpSettings s, Duration firstEvent) {
    return new HttpSettings(
        s.host(),
        s.port(),
        s.engine(),
        s.maxBodyBytes(),
        s.maxRequests(),
        s.limits(),
        s.requestBudget(),
        firstEvent,
        s.keepAlive(),
        s.drain());
  }

  private static HttpSettings withWriteTimeout(HttpSettings settings, Duration limit) {
    return DispatcherTest.withWriteTimeout(settings, limit);
  }
}
