package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** O-1: JSON-line logs, one event a line, levels per component, nothing lost without a count. */
class JsonLinesTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final GatedOutput output = GatedOutput.opened();
  private final ManualClock clock = new ManualClock(Instant.parse("2026-03-04T05:06:07.089Z"));

  @Test
  void writesTheHeadInOrderWhateverTheOrderOfTheCalls() throws Exception {
    try (var telemetry = open(Level.INFO, Map.of())) {
      telemetry
          .log("llm.gateway")
          .info("route_chosen")
          .put("model", "m1")
          .put("session_id", "s-1")
          .put("attempt", 2)
          .put("ms", 1.25)
          .put("hit", true)
          .call(Calls.open(clock))
          .emit();
      assertThat(telemetry.flush(SOON)).isTrue();
    }
    assertThat(output.lines())
        .containsExactly(
            "{\"ts\":\"2026-03-04T05:06:07.089Z\",\"level\":\"INFO\",\"logger\":\"llm.gateway\","
                + "\"event\":\"route_chosen\",\"request_id\":\"call-1\",\"session_id\":\"s-1\","
                + "\"model\":\"m1\",\"attempt\":2,\"ms\":1.25,\"hit\":true}");
  }

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z, 1970-01-01T00:00:00.000Z",
    "2026-12-31T23:59:59.999999Z, 2026-12-31T23:59:59.999Z",
    "1969-12-31T23:59:59.001Z, 1969-12-31T23:59:59.001Z",
  })
  void timesAreUtcWithMilliseconds(Instant at, String text) {
    var out = new JsonBytes(4);
    new TimeText().write(at.toEpochMilli(), out);
    assertThat(text(out)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "q\"b\\s/",
        "a\nb\rc\td\be\f",
        "\u0000\u001f\u007f\u0080\u009f\u00a0",
        "\u2028\u2029",
        "äß€",
        "😀 family 👨‍👩‍👧",
        "\uD83D\uDE00\uFFFE"
      })
  void anyTextComesBackAsItWas(String value) {
    var line = only(log -> log.info("e").put("v", value).emit());
    assertThat(line.chars().noneMatch(Character::isISOControl)).isTrue();
    assertThat(StrictJson.object(line)).contains(entry("v", value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uD83D", "a\uDE00b", "\uDE00\uD83D"})
  void aLoneSurrogateBecomesTheReplacementCharacter(String value) {
    String expected = value.replace('\uD83D', '\uFFFD').replace('\uDE00', '\uFFFD');
    assertThat(StrictJson.object(only(log -> log.info("e").put("v", value).emit())))
        .contains(entry("v", expected));
  }

  @Test
  void randomTextsComeBackAsTheyWere() {
    long seed = 20_260_101L;
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(40); i > 0; i--) {
        int point = random.nextInt(random.nextBoolean() ? 0x300 : Character.MAX_CODE_POINT + 1);
        text.appendCodePoint(point >= 0xD800 && point <= 0xDFFF ? 'x' : point);
      }
      var out = new JsonBytes(1);
      out.ascii('{');
      out.string("k", 10);
      out.ascii(':');
      out.string(text.toString(), LogLine.MAX_VALUE_BYTES);
      out.ascii('}');
      assertThat(StrictJson.object(text(out)))
          .as("seed %d round %d", seed, round)
          .isEqualTo(Map.of("k", text.toString()));
    }
  }

  @Test
  void aLongValueIsCutAtEightKibibytesBetweenCodePoints() {
    String value = "a" + "€".repeat(5_000);
    var kept =
        (String) StrictJson.object(only(log -> log.info("e").put("v", value).emit())).get("v");
    assertThat(kept).isEqualTo("a" + "€".repeat(2_730) + "…");
    String exact = "x".repeat(LogLine.MAX_VALUE_BYTES);
    assertThat(StrictJson.object(only(log -> log.info("e").put("v", exact).emit())))
        .contains(entry("v", exact));
  }

  @Test
  void aLineStaysUnderItsBoundAndSaysSo() {
    String line =
        only(log -> {
          var entry = log.info("e");
          for (int i = 0; i < 40; i++) {
            entry.put("field" + i, "x".repeat(8_000));
          }
          entry.emit();
        });
    assertThat(line.length()).isLessThan(LogLine.MAX_LINE_BYTES + 1_000);
    assertThat(StrictJson.object(line)).contains(entry("truncated", true)).containsKey("field7");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, 0",
    "1.5, 1.5",
    "0.001, 0.001",
    "0.0004, 0",
    "-0.05, -0.05",
    "12.3456, 12.346",
    "1e14, 100000000000000",
    "1e300, 1.0E300",
    "NaN, null",
    "Infinity, null",
    "-Infinity, null",
  })
  void decimalsHaveThreePlacesAndAreAlwaysJson(double value, String json) {
    assertThat(only(log -> log.info("e").put("v", value).emit())).endsWith(",\"v\":" + json + "}");
  }

  @Test
  void aFieldCannotTakeANameOfTheHead() {
    var line =
        StrictJson.object(
            only(log ->
                log.info("e")
                    .put("event", "forged")
                    .put("level", "forged")
                    .put("ts", 1)
                    .put("request_id", "r-9")
                    .put("absent", null)
                    .emit()));
    assertThat(line)
        .contains(
            entry("event", "e"),
            entry("event_", "forged"),
            entry("level", "INFO"),
            entry("level_", "forged"),
            entry("ts_", 1L),
            entry("request_id", "r-9"))
        .doesNotContainKey("absent");
  }

  @Test
  void aFailureIsToldWithItsCausesAndFirstFrames() {
    var failure = new IllegalStateException("outer", new IOException("inner"));
    var line = StrictJson.object(only(log -> log.error("e").cause(failure).emit()));
    assertThat(line)
        .contains(
            entry(
                "error",
                "java.lang.IllegalStateException: outer; caused by java.io.IOException: inner"));
    assertThat((String) line.get("stack")).contains("JsonLinesTest").hasLineCount(8);
  }

  @Test
  void levelsGoByTheLongestNameAndCanBeChanged() {
    var named = Map.of("llm", Level.WARN, "llm.gateway", Level.DEBUG);
    try (var telemetry = open(Level.INFO, named)) {
      Log route = telemetry.log("llm.gateway.route");
      assertThat(route.enabled(Level.DEBUG)).isTrue();
      assertThat(telemetry.log("llm.gatewayish").enabled(Level.INFO)).isFalse();
      assertThat(telemetry.log("llm.server").enabled(Level.WARN)).isTrue();
      assertThat(telemetry.log("other").enabled(Level.INFO)).isTrue();
      assertThat(telemetry.log("other").enabled(Level.DEBUG)).isFalse();

      telemetry.levels(Level.ERROR, Map.of("other", Level.DEBUG));
      assertThat(route.enabled(Level.WARN)).isFalse();
      assertThat(route.enabled(Level.AUDIT)).isTrue();
      assertThat(telemetry.log("other").enabled(Level.DEBUG)).isTrue();
    }
  }

  @Test
  void aDisabledLevelCostsNoEntryAndWritesNothing() throws Exception {
    try (var telemetry = open(Level.WARN, Map.of())) {
      Log log = telemetry.log("llm.x");
      assertThat(log.info("a")).isSameAs(log.debug("b"));
      log.info("a")
          .put("s", "x")
          .put("n", 1)
          .put("d", 1.0)
          .put("b", true)
          .cause(new IOException())
          .call(Calls.open())
          .emit();
      assertThat(telemetry.flush(SOON)).isTrue();
    }
    assertThat(output.lines()).isEmpty();
  }

  @Test
  void anEntryIsEmittedOnceAndNotTouchedAfterwards() {
    try (var telemetry = open(Level.INFO, Map.of())) {
      var entry = telemetry.log("llm.x").info("once");
      entry.emit();
      assertThatThrownBy(entry::emit).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> entry.put("late", 1)).isInstanceOf(IllegalStateException.class);
    }
    assertThat(output.lines()).hasSize(1);
  }

  @Test
  void aFullRingDropsInfoCountsItAndKeepsAudit() throws Exception {
    var gated = new GatedOutput();
    var telemetry = new JsonLines(gated, new TelemetrySettings(Level.INFO, Map.of(), 2), clock);
    Log log = telemetry.log("llm.x");
    log.info("taken_by_writer").emit();
    gated.awaitWriter();
    log.info("kept1").emit();
    log.info("kept2").emit();
    log.info("dropped").emit();
    log.warn("dropped_after_patience").emit();
    log.at(Level.AUDIT, "audit").emit();
    assertThat(telemetry.metrics().prometheusText())
        .contains("log_dropped_total{level=\"info\"} 1", "log_dropped_total{level=\"warn\"} 1");
    assertThat(telemetry.flush(Duration.ZERO)).isFalse();
    gated.open();
    assertThat(telemetry.flush(SOON)).isTrue();
    telemetry.close();
    assertThat(gated.lines().stream().map(line -> StrictJson.object(line).get("event")))
        .containsExactly("taken_by_writer", "log_dropped", "kept1", "kept2", "audit");
    assertThat(StrictJson.object(gated.lines().get(1)))
        .contains(entry("count", 2L), entry("level", "WARN"), entry("logger", "llm.telemetry"));
  }

  @Test
  void aBrokenPipeIsCountedAndTheProcessGoesOn() throws Exception {
    output.breakPipe(true);
    try (var telemetry = open(Level.INFO, Map.of())) {
      Log log = telemetry.log("llm.x");
      log.info("lost").emit();
      log.at(Level.AUDIT, "lost_too").emit();
      assertThat(telemetry.flush(SOON)).isTrue();
      assertThat(telemetry.metrics().prometheusText()).contains("log_write_failures_total 2");
      output.breakPipe(false);
      log.info("arrives").emit();
      assertThat(telemetry.flush(SOON)).isTrue();
    }
    assertThat(output.lines()).singleElement().asString().contains("arrives");
  }

  @Test
  void closeWritesWhatIsLeftAndThenTakesNothing() {
    var telemetry = open(Level.INFO, Map.of());
    Log log = telemetry.log("llm.x");
    for (int i = 0; i < 1_000; i++) {
      log.info("e").put("i", i).emit();
    }
    telemetry.close();
    telemetry.close();
    log.info("late").emit();
    assertThat(output.lines()).hasSize(1_000);
    assertThat(output.flushes()).isPositive();
    assertThat(telemetry.metrics().prometheusText())
        .contains("log_dropped_total{level=\"info\"} 1");
  }

  @Test
  void manyThreadsNeverMixTheirLines() throws Exception {
    int threads = 8;
    int each = 2_000;
    var go = new CountDownLatch(1);
    var running = new ArrayList<Thread>();
    try (var telemetry =
        new JsonLines(output, new TelemetrySettings(Level.INFO, Map.of(), 100_000), clock)) {
      for (int t = 0; t < threads; t++) {
        Log log = telemetry.log("llm.t" + t);
        running.add(
            Thread.startVirtualThread(() -> {
              awaitQuietly(go);
              for (int i = 0; i < each; i++) {
                log.info("e").put("i", i).put("text", "x".repeat(i % 700)).emit();
              }
            }));
      }
      go.countDown();
      for (Thread thread : running) {
        thread.join();
      }
    }
    var next = new int[threads];
    for (String line : output.lines()) {
      var event = StrictJson.object(line);
      int t = Integer.parseInt(((String) event.get("logger")).substring("llm.t".length()));
      assertThat(event.get("i")).isEqualTo((long) next[t]++);
      assertThat((String) event.get("text")).hasSize((next[t] - 1) % 700);
    }
    assertThat(next).containsOnly(each);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  private JsonLines open(Level level, Map<String, Level> named) {
    return new JsonLines(output, new TelemetrySettings(level, named, 8_192), clock);
  }

  /** The one line that {@code work} writes. */
  private String only(java.util.function.Consumer<Log> work) {
    var gated = GatedOutput.opened();
    try (var telemetry = new JsonLines(gated, TelemetrySettings.DEFAULT, clock)) {
      work.accept(telemetry.log("llm.x"));
    }
    List<String> lines = gated.lines();
    assertThat(lines).hasSize(1);
    return lines.getFirst();
  }

  private static String text(JsonBytes bytes) {
    var out = new java.io.ByteArrayOutputStream();
    try {
      bytes.writeTo(out);
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
    return out.toString(java.nio.charset.StandardCharsets.UTF_8);
  }
}
