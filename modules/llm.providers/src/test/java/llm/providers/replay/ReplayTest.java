package llm.providers.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.domain.call.CancelReason;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  @TempDir private Path folder;
  private TrafficRig rig;

  @BeforeEach
  void open() {
    rig = new TrafficRig(folder);
  }

  @AfterEach
  void close() {
    rig.close();
  }

  /** Records a stream whose second chunk came 10 s after the first. */
  private void recordSlowly() throws Exception {
    var gate = new Gate();
    rig.upstream.answer(
        Reply.chunkedHead("text/plain").chunk("one").pause(gate).chunk("two").lastChunk());
    try (Transport way = rig.recording();
        UpstreamResponse response = way.send(TrafficRig.post("q"), rig.call)) {
      byte[] bytes = new byte[8];
      assertThat(response.body().read(bytes)).isEqualTo(3);
      gate.awaitReached();
      rig.clock.advance(Duration.ofSeconds(10));
      gate.open();
      assertThat(response.body().readAllBytes()).hasSize(3);
    }
  }

  /** Waits until the replay waits for its time. */
  private void awaitAlarms(int count) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (rig.clock.alarmCount() != count) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.yield();
    }
  }

  @Test
  void chunksComeAtTheirTimesBySpeed() throws Exception {
    recordSlowly();
    int alarms = rig.clock.alarmCount();
    try (Transport way = rig.replay("replay_speed: 4");
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        UpstreamResponse response = way.send(TrafficRig.post("q"), rig.call)) {
      byte[] bytes = new byte[2];
      assertThat(response.body().read(bytes)).isEqualTo(2);
      assertThat(response.body().available()).isEqualTo(1);
      assertThat(response.body().read(bytes)).as("no chunk is joined to the next").isEqualTo(1);
      var second = threads.submit(() -> response.body().read());
      awaitAlarms(alarms + 1);
      rig.clock.advance(Duration.ofMillis(2_499));
      assertThat(second.isDone()).isFalse();
      rig.clock.advance(Duration.ofMillis(1));
      assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo('t');
    }
  }

  private static void end(Transport way) {
    way.close();
  }

  @Test
  void aWaitEndsWithItsCallAndWithTheTransport() throws Exception {
    recordSlowly();
    int alarms = rig.clock.alarmCount();
    for (boolean cancelled : new boolean[] {false, true}) {
      try (Transport way = rig.replay();
          UpstreamResponse response = way.send(TrafficRig.post("q"), rig.call)) {
        assertThat(response.body().readNBytes(3)).hasSize(3);
        var failure =
            CompletableFuture.supplyAsync(
                () -> catchThrowableOfType(TransportException.class, () -> response.body().read()));
        awaitAlarms(alarms + 1);
        if (cancelled) {
          rig.call.cancel(CancelReason.CLIENT_GONE);
        } else {
          end(way);
        }
        assertThat(failure.get(20, TimeUnit.SECONDS).kind())
            .isEqualTo(TransportException.Kind.CANCELLED);
        assertThat(rig.clock.alarmCount()).isLessThanOrEqualTo(alarms);
      }
    }
  }

  @Test
  void failuresComeAgainAsTheyWere() {
    rig.upstream.answer(
        Reply.chunkedHead("text/plain").chunk("half").reset(),
        Reply.whole(429, "text/plain", "slow down", "Retry-After: 9"),
        Reply.raw("SSH-2.0-none\r\n"));
    var live = new ArrayList<String>();
    var again = new ArrayList<String>();
    try (Transport way = rig.recording()) {
      for (String body : new String[] {"1", "2", "3"}) {
        live.add(rig.ask(way, TrafficRig.post(body)));
      }
      rig.upstream.refuse();
      live.add(rig.ask(way, TrafficRig.post("4")));
    }
    try (Transport way = rig.replay("replay_speed: 0")) {
      for (String body : new String[] {"1", "2", "3", "4"}) {
        again.add(rig.ask(way, TrafficRig.post(body)));
      }
    }
    assertThat(again).isEqualTo(live);
    assertThat(again.get(3)).startsWith("CONNECT: no connection to 127.0.0.1");
  }

  @Test
  void theNthOfEqualRequestsGetsTheNthAnswerAndThenTheLast() {
    rig.upstream.answer(Reply.ok("text/plain", "first"), Reply.ok("text/plain", "second"));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("{\"a\":1,\"b\":[1.50,null]}"));
      rig.ask(way, TrafficRig.post("{\"b\":[1.5,null], \"a\":1, \"c\":null}"));
    }
    try (Transport way = rig.replay("replay_speed: 0")) {
      var equal = TrafficRig.post("{\"b\":[15e-1,null],\"a\":1}");
      assertThat(rig.ask(way, equal)).isEqualTo("200 first");
      assertThat(rig.ask(way, equal)).isEqualTo("200 second");
      assertThat(rig.ask(way, equal)).isEqualTo("200 second");
      assertThat(rig.ask(way, TrafficRig.post("{\"b\":[null,1.5],\"a\":1}")))
          .startsWith("404 ")
          .contains("differs in b[0], b[1]");
      assertThat(rig.ask(way, TrafficRig.get("/elsewhere")))
          .contains("it has POST /chat/completions (2)");
    }
    assertThat(rig.count("llm_replayed_exchanges_total", "not_recorded")).isEqualTo(2);
  }

  @Test
  void modelsAreThoseThatWereListedElseThoseThatWereAsked() {
    rig.upstream.otherwise(_ -> Reply.ok("application/json", "{\"data\":[{\"id\":\"listed\"}]}"));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("{\"model\":\"org/asked\"}"));
    }
    try (Transport way = rig.replay("replay_speed: 0", "replay_strict: true")) {
      assertThat(rig.ask(way, TrafficRig.get("/models"))).contains("\"id\":\"org/asked\"");
    }
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.get("/models"));
    }
    try (Transport way = rig.replay("replay_speed: 0", "replay_strict: true")) {
      for (int i = 0; i < 3; i++) {
        assertThat(rig.ask(way, TrafficRig.get("/models"))).contains("\"id\":\"listed\"");
      }
    }
  }

  @Test
  void bytesThatAreNoTextComeBackAsTheyWere() throws Exception {
    byte[] all = new byte[512];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    String latin1 = new String(all, StandardCharsets.ISO_8859_1);
    rig.upstream.answer(Reply.raw("HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n").send(latin1));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("binary"));
    }
    try (Transport way = rig.replay("replay_speed: 0");
        UpstreamResponse response = way.send(TrafficRig.post("binary"), rig.call)) {
      assertThat(response.body().readAllBytes()).isEqualTo(all);
      assertThat(response.header("Content-Length")).contains("512");
    }
  }

  private static String exchange(String path, String body, String end) {
    return """
    {"version":1,"at":"2026-01-02T03:04:05Z","provider":"up",\
    "request":{"method":"POST","path":"%s","body":{"text":%s}},\
    "response":{"us":0,"status":200,"headers":[],"chunks":[%s]},"end":{"us":0,"how":"%s"}}
    """
        .formatted(path, body, end.isEmpty() ? "{\"us\":0,\"text\":\"fine\"}" : end, "complete");
  }

  @Test
  void whatIsWrongWithOneLineIsNoMatterOfTheOthers() throws Exception {
    String said = "\"q\"";
    var lines = new ArrayList<String>();
    lines.add("\u0000\n");
    lines.add("[".repeat(100_000) + "\n");
    lines.add("{\"version\":1,\"request\":" + "{\"a\":".repeat(5_000) + "\n");
    lines.add("{\"version\":99999999999999999999}\n");
    lines.add(exchange("/chat/completions", "\"{\\\"n\\\":1e99999999999}\"", ""));
    lines.add(exchange("/chat/completions", "\"{\\\"model\\\":\"", ""));
    lines.add(exchange("/chat/completions", "\"\\ud800\"", ""));
    lines.add(exchange("/chat/completions", said, "{\"us\":0,\"bytes\":2147483647,\"text\":\"\"}"));
    lines.add(exchange("/chat/completions", said, "{\"us\":0,\"base64\":\"%%%\"}"));
    for (int i = 0; i < 500; i++) {
      lines.add(exchange("/../../" + "p".repeat(1_000) + i, said, ""));
    }
    lines.add(exchange("/chat/completions", said, ""));
    Files.writeString(rig.file, String.join("", lines));
    try (Transport way = rig.replay("replay_speed: 0")) {
      assertThat(rig.ask(way, TrafficRig.post("q"))).isEqualTo("200 fine");
      assertThat(rig.ask(way, TrafficRig.post("{\"n\":1e99999999999}"))).isEqualTo("200 fine");
      assertThat(rig.ask(way, TrafficRig.get("/no"))).startsWith("404").hasSizeLessThan(10_000);
    }
    assertThat(rig.telemetry.events("recording_unreadable")).hasSize(1);
  }

  @Test
  void aRecordingThatIsDamagedAnywhereAnswersOrSaysWhy() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("application/json", "{\"a\":[1,\"two\"]}"));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("{\"model\":\"m\",\"n\":1.5}"));
    }
    byte[] whole = Files.readAllBytes(rig.file);
    long seed = Long.getLong("llm.test.seed", System.nanoTime());
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 150; i++) {
      byte[] damaged = whole.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        damaged[random.nextInt(damaged.length)] =
            (byte) "\"{}[]:,09e-\n\\u".charAt(random.nextInt(14));
      }
      Files.write(rig.file, damaged);
      try (Transport way = rig.replay("replay_speed: 0")) {
        assertThat(rig.ask(way, TrafficRig.post("{\"model\":\"m\",\"n\":1.5}")))
            .as("seed %d, turn %d", seed, i)
            .matches(said -> said.matches("(?s)(\\d{3} |[A-Z_]+: ).*"));
      }
    }
  }
}
