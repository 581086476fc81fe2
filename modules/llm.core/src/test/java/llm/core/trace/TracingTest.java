package llm.core.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-3: which traces are recorded, and that their way out neither blocks nor grows. */
@Timeout(30)
class TracingTest {
  private static final TraceContext SAMPLED =
      new TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", true, "a=b");
  private static final TraceContext UNSAMPLED =
      new TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", false, "a=b");

  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();

  private Tracing open(String yaml, Collector collector) {
    var random = new SplittableRandom(7);
    var config = TestConfig.yaml("tracing:\n  endpoint: http://c:4318\n  batch_ms: 1\n" + yaml);
    var settings = TracingSettings.read(config.root());
    assertThat(config.problems()).isEmpty();
    var opening =
        new Tracing.Opening(
            () -> {
              synchronized (random) {
                return random.nextLong();
              }
            },
            Duration.ofMillis(1),
            Duration.ofSeconds(5),
            TimeSource.SYSTEM,
            IdSource.RANDOM);
    return Tracing.open(settings, collector, telemetry, opening, "1.2.3");
  }

  private Collector.Answer keep(byte[] body) {
    bodies.add(new String(body, StandardCharsets.UTF_8));
    return answer(200, "");
  }

  private static Collector.Answer answer(int status, String body) {
    return new Collector.Answer(status, Optional.empty(), body);
  }

  private double spans(String outcome) {
    return telemetry.metrics().sum("llm_trace_spans_total", "outcome", outcome).orElseThrow();
  }

  @Test
  void writesASpanAsOtlpWantsIt() throws Exception {
    try (var tracing = open("", this::keep)) {
      Span span = tracing.begin("GET /a", Span.Kind.SERVER, Optional.of(SAMPLED));
      span.put("text", "a \"b\"").put("whole", 7).put("number", 0.5).put("flag", true);
      span.put("nan", Double.NaN).putList("list", "x").put("text", "later");
      span.event("cache_hit");
      span.event("retry", "why", "busy");
      span.failed("timeout", "Too slow.");
      span.end();
      span.end();
    }
    String body = bodies.poll(5, TimeUnit.SECONDS);
    assertThat(body)
        .startsWith("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\"")
        .contains("{\"key\":\"service.version\",\"value\":{\"stringValue\":\"1.2.3\"}}")
        .contains("\"scope\":{\"name\":\"llm.server\",\"version\":\"1.2.3\"}")
        .contains("\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"")
        .contains("\"traceState\":\"a=b\",\"parentSpanId\":\"00f067aa0ba902b7\",\"flags\":769")
        .contains("\"name\":\"GET /a\",\"kind\":2,\"startTimeUnixNano\":\"1")
        .contains("{\"key\":\"text\",\"value\":{\"stringValue\":\"later\"}}")
        .contains("{\"key\":\"whole\",\"value\":{\"intValue\":\"7\"}}")
        .contains("{\"key\":\"number\",\"value\":{\"doubleValue\":0.5}}")
        .contains("{\"key\":\"flag\",\"value\":{\"boolValue\":true}}")
        .contains("{\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"}]}}")
        .contains("\"name\":\"cache_hit\"}")
        .contains("\"name\":\"retry\",\"attributes\":[{\"key\":\"why\"")
        .contains("\"status\":{\"message\":\"Too slow.\",\"code\":2}}]}]}]}")
        .doesNotContain("nan");
    assertThat(spans("sent")).isEqualTo(1);
  }

  @Test
  void aSpanBelowHasItsParentAndWhatWasPassedOn() throws Exception {
    try (var tracing = open("", this::keep)) {
      Span above = tracing.begin("above", Span.Kind.SERVER, Optional.empty());
      above.passOn("gen_ai.conversation.id", "c-1");
      Span below = above.begin("below", Span.Kind.CLIENT);
      assertThat(below.context().orElseThrow().traceId())
          .isEqualTo(above.context().orElseThrow().traceId());
      below.end();
      above.end();
      String parent = above.context().orElseThrow().spanId();
      String body = bodies.poll(5, TimeUnit.SECONDS);
      assertThat(body).contains("\"parentSpanId\":\"" + parent + "\",\"flags\":257");
      assertThat(body.substring(body.indexOf("below"))).contains("c-1");
    }
  }

  @Test
  void followsACallerThatHasDecidedAndElseTheRatio() {
    try (var tracing = open("  sample_ratio: 0\n", this::keep)) {
      assertThat(tracing.begin("a", Span.Kind.SERVER, Optional.of(SAMPLED)).isRecording()).isTrue();
      Span passed = tracing.begin("a", Span.Kind.SERVER, Optional.of(UNSAMPLED));
      assertThat(passed.isRecording()).isFalse();
      assertThat(passed.context()).contains(UNSAMPLED);
      Span own = tracing.begin("a", Span.Kind.SERVER, Optional.empty());
      assertThat(own.isRecording()).isFalse();
      assertThat(own.isTraced()).isFalse();
      assertThat(own.context().orElseThrow().sampled()).isFalse();
      assertThat(own.begin("b", Span.Kind.CLIENT).context()).isEqualTo(own.context());
    }
    try (var tracing = open("  sampler: traceidratio\n  sample_ratio: 0\n", this::keep)) {
      Span denied = tracing.begin("a", Span.Kind.SERVER, Optional.of(SAMPLED));
      assertThat(denied.isRecording()).isFalse();
      assertThat(denied.context()).contains(UNSAMPLED);
    }
  }

  @Test
  void samplesAboutTheRatioAndTheSameTracesEverywhere() {
    try (var one = open("  sampler: traceidratio\n  sample_ratio: 0.25\n", _ -> answer(200, ""));
        var two = open("  sampler: traceidratio\n  sample_ratio: 0.25\n", _ -> answer(200, ""))) {
      int recorded = 0;
      for (int i = 0; i < 4_000; i++) {
        Span span = one.begin("a", Span.Kind.SERVER, Optional.empty());
        recorded += span.isRecording() ? 1 : 0;
        boolean there = two.begin("a", Span.Kind.SERVER, span.context()).isRecording();
        assertThat(there).isEqualTo(span.isRecording());
        span.end();
      }
      assertThat(recorded).isBetween(850, 1_150);
    }
  }

  @Test
  void dropsAndCountsWhatFindsNoRoom() throws Exception {
    var asked = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var tracing =
        open(
            "  queue_spans: 8\n  batch_spans: 1\n",
            body -> {
              asked.countDown();
              goOn.await();
              return keep(body);
            });
    endOneAndTwentyMore(tracing, asked);
    assertThat(spans("dropped")).isEqualTo(12);
    goOn.countDown();
    tracing.close();
    assertThat(spans("sent")).isEqualTo(9);
  }

  /** The collector is asked for the first one before the others end. */
  private static void endOneAndTwentyMore(Tracing tracing, CountDownLatch asked)
      throws InterruptedException {
    tracing.begin("first", Span.Kind.SERVER, Optional.empty()).end();
    asked.await();
    for (int i = 0; i < 20; i++) {
      tracing.begin("more", Span.Kind.SERVER, Optional.empty()).end();
    }
  }

  @Test
  void saysHowManySpansAnOutageCost() throws Exception {
    var asked = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var tracing =
        open(
            "  queue_spans: 8\n  batch_spans: 1\n",
            body -> {
              if (asked.getCount() > 0) {
                asked.countDown();
                goOn.await();
                throw new IOException("refused");
              }
              return keep(body);
            });
    endOneAndTwentyMore(tracing, asked);
    goOn.countDown();
    for (int i = 0; i < 9; i++) {
      assertThat(bodies.poll(5, TimeUnit.SECONDS)).isNotNull();
    }
    tracing.close();
    assertThat(telemetry.events("trace_export_restored"))
        .extracting(event -> event.fields().get("lost_spans"))
        .containsExactly(12L);
  }

  @Test
  void triesAgainWhatFailsForAWhileAndSaysSoOnce() throws Exception {
    var left = new AtomicInteger(3);
    try (var tracing =
        open(
            "",
            body -> {
              int now = left.getAndDecrement();
              if (now == 3) {
                throw new IOException("refused");
              }
              return now > 0 ? answer(503, "") : keep(body);
            })) {
      tracing.begin("a", Span.Kind.SERVER, Optional.empty()).end();
      assertThat(bodies.poll(5, TimeUnit.SECONDS)).isNotNull();
    }
    assertThat(telemetry.trail()).containsExactly("trace_export_failing", "trace_export_restored");
    assertThat(spans("sent")).isEqualTo(1);
  }

  @Test
  void givesUpWhatIsRefusedOrFailsForLong() {
    try (var tracing = open("", _ -> answer(400, "{\"message\":\"no\"}"))) {
      tracing.begin("a", Span.Kind.SERVER, Optional.empty()).end();
    }
    assertThat(spans("failed")).isEqualTo(1);
    assertThat(telemetry.events("trace_export_failing").getFirst().text("message").orElseThrow())
        .contains("status 400");
  }

  @Test
  void tellsWhatACollectorDidNotWant() {
    try (var tracing =
        open(
            "",
            _ ->
                answer(
                    200,
                    "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"too old\"}}"))) {
      tracing.begin("a", Span.Kind.SERVER, Optional.empty()).end();
    }
    assertThat(spans("rejected")).isEqualTo(1);
    assertThat(telemetry.events("trace_export_remark").getFirst().text("message"))
        .contains("'too old'");
  }

  @Test
  void aCollectorThatTalksNonsenseIsCountedAndEndsNothing() {
    var says =
        List.of(
            "{\"partialSuccess\":{\"rejectedSpans\":-5}}",
            "{\"partialSuccess\":{\"rejectedSpans\":\"-5\"}}",
            "{\"partialSuccess\":{\"rejectedSpans\":99999999999999999999}}",
            "{\"partialSuccess\":{\"rejectedSpans\":\"nine\",\"errorMessage\":7}}",
            "{\"partialSuccess\":" + "[".repeat(60_000),
            "{\"partialSuccess\":{\"errorMessage\":\"" + "m".repeat(60_000) + "\"}}");
    var turns = new AtomicInteger();
    try (var tracing =
        open(
            "  batch_spans: 1\n",
            _ -> answer(200, says.get(turns.getAndIncrement() % says.size())))) {
      for (int i = 0; i < says.size() + 1; i++) {
        tracing.begin("a", Span.Kind.SERVER, Optional.empty()).end();
      }
    }
    assertThat(spans("sent")).isEqualTo(says.size() + 1);
    assertThat(spans("rejected")).isZero();
    for (var remark : telemetry.events("trace_export_remark")) {
      assertThat(remark.text("message").orElseThrow()).hasSizeLessThan(1_000);
    }
  }
}
