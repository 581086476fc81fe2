package llm.providers.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.providers.transport.Transport;
import llm.providers.transport.UpstreamResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
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

  private String recorded() throws Exception {
    return Files.readString(rig.file);
  }

  /** What the command prints, without its colours of time. */
  private String shown(String... args) {
    var out = new ByteArrayOutputStream();
    var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    new ShowCommand(stream, stream).run(args);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void chunksStandAsTheyWereReadWithTheirTimes() throws Exception {
    var gate = new Gate();
    rig.upstream.answer(
        Reply.chunkedHead("text/event-stream")
            .chunk("data: 1\n\n")
            .pause(gate)
            .chunk("ÿ")
            .lastChunk());
    try (Transport way = rig.recording();
        UpstreamResponse response = way.send(TrafficRig.post("{\"model\":\"m\"}"), rig.call)) {
      byte[] bytes = new byte[64];
      rig.clock.advance(Duration.ofMillis(7));
      assertThat(response.body().read(bytes)).isEqualTo(9);
      gate.awaitReached();
      rig.clock.advance(Duration.ofMillis(5));
      gate.open();
      assertThat(response.body().read(bytes, 0, 1)).as("half a character").isEqualTo(1);
      assertThat(response.body().readAllBytes()).hasSize(1);
    }
    assertThat(recorded())
        .contains(
            "\"chunks\":[{\"us\":7000,\"text\":\"data: 1\\n\\n\"},{\"us\":12000,\"base64\":\"ww==\"},"
                + "{\"us\":12000,\"base64\":\"vw==\"}]",
            "\"end\":{\"us\":12000,\"how\":\"complete\"}")
        .startsWith("{\"version\":1,\"at\":\"2026-01-02T03:04:05.006Z\",\"provider\":\"up\"");
    assertThat(shown("show", rig.file.toString()))
        .contains("POST /chat/completions", " m ", "200", "7.0", "complete (12.0)");
    assertThat(shown("show", rig.file.toString(), "1"))
        .contains("authorization: ***", "7.0  data: 1⏎⏎", "{\"model\":\"m\"}");
  }

  @Test
  void everyWayToEndIsTold() throws Exception {
    rig.upstream.answer(
        Reply.chunkedHead("text/plain").chunk("half").reset(),
        Reply.chunkedHead("text/plain").chunk("some").awaitClose(),
        Reply.raw("SSH-2.0-none\r\n"));
    try (Transport way = rig.recording()) {
      assertThat(rig.ask(way, TrafficRig.post("1"))).startsWith("CUT");
      try (UpstreamResponse response = way.send(TrafficRig.post("2"), rig.call)) {
        assertThat(response.body().read()).isEqualTo('s');
      }
      assertThat(rig.ask(way, TrafficRig.post("3"))).startsWith("PROTOCOL");
      rig.upstream.refuse();
      assertThat(rig.ask(way, TrafficRig.post("4"))).startsWith("CONNECT");
      rig.call.cancel(CancelReason.CLIENT_GONE);
      assertThat(rig.ask(way, TrafficRig.post("5"))).startsWith("CANCELLED");
    }
    assertThat(recorded().lines().map(line -> line.replaceAll(".*\"how\":\"(\\w+)\".*", "$1")))
        .containsExactly("cut", "closed", "protocol", "connect", "cancelled");
  }

  @Test
  void aPingThatIsAnsweredAsBeforeIsWrittenOnce() throws Exception {
    rig.upstream.answer(
        Reply.ok("text/plain", "a"), Reply.ok("text/plain", "a"), Reply.ok("text/plain", "b"));
    try (Transport way = rig.recording()) {
      for (int i = 0; i < 3; i++) {
        rig.ask(way, TrafficRig.get("/models"));
      }
    }
    assertThat(recorded().lines()).hasSize(2);
    assertThat(rig.count("llm_recorded_exchanges_total", "repeated")).isEqualTo(1);
  }

  @Test
  void withoutBodiesTheirSizesAloneAreTold() throws Exception {
    rig.upstream.answer(Reply.ok("text/plain", "private"));
    try (Transport way = rig.recording("record_bodies: false")) {
      rig.ask(way, TrafficRig.post("{\"a\":\"mine\"}"));
    }
    assertThat(recorded())
        .contains("\"bytes\":12", "\"bytes\":7")
        .doesNotContain("mine", "private");
    try (Transport way = rig.replay("replay_speed: 0")) {
      assertThat(rig.ask(way, TrafficRig.post("{\"a\":\"mine\"}")))
          .startsWith("404 ")
          .contains("no exchange that can be replayed");
    }
  }

  @Test
  void anEncodedBodyIsLeftOutSinceItsSecretsCannotBeSeen() throws Exception {
    rig.upstream.answer(Reply.whole(200, "text/plain", "packed", "Content-Encoding: gzip"));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("1"));
    }
    assertThat(recorded()).contains("\"bytes\":6").doesNotContain("packed");
  }

  @Test
  void aFullFileStopsTheRecordingAndNotTheRequests() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("text/plain", "x".repeat(400)));
    try (Transport way = rig.recording("record_max_bytes: 2000")) {
      for (int i = 0; i < 6; i++) {
        assertThat(rig.ask(way, TrafficRig.post("" + i))).startsWith("200 x");
      }
    }
    assertThat(Files.size(rig.file)).isLessThanOrEqualTo(2_000);
    assertThat(rig.count("llm_recorded_exchanges_total", "dropped")).isGreaterThan(1);
    assertThat(rig.telemetry.events("recording_full")).hasSize(1);
    assertThat(rig.telemetry.events("recording_dropped")).isNotEmpty();
  }

  @Test
  void whatFindsNoRoomIsMarkedIncomplete() throws Exception {
    rig.upstream.answer(Reply.ok("text/plain", "y".repeat(9_000)), Reply.ok("text/plain", "z"));
    try (Transport way = rig.recording()) {
      var recorder = ((RecordingTransport) way).recorder();
      int all = (int) Recorder.ROOM_BYTES - 8_000;
      assertThat(recorder.reserve(all)).isTrue();
      assertThat(rig.ask(way, TrafficRig.post("1"))).as("in full").hasSize(9_004);
      recorder.release(all);
      rig.ask(way, TrafficRig.post("2"));
    }
    assertThat(recorded()).contains("\"how\":\"incomplete\"", "\"how\":\"complete\"");
    assertThat(rig.count("llm_recorded_exchanges_total", "incomplete")).isEqualTo(1);
  }

  @Test
  void fieldsOfAHeadTakeRoomToo() throws Exception {
    String large = "X-Large: " + "y".repeat(9_000);
    rig.upstream.answer(Reply.whole(200, "text/plain", "fine", large));
    try (Transport way = rig.recording()) {
      var recorder = ((RecordingTransport) way).recorder();
      long all = Recorder.ROOM_BYTES - 8_000;
      assertThat(recorder.reserve(all)).isTrue();
      assertThat(rig.ask(way, TrafficRig.post("1"))).isEqualTo("200 fine");
      recorder.release(all);
    }
    assertThat(recorded())
        .contains("\"how\":\"incomplete\"", "the recorder had no room for it")
        .doesNotContain("yyy");
  }

  @Test
  void whatIsAskedTakesNoMemoryWhereThereIsNoRoomForIt() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("text/plain", "fine"));
    try (Transport way = rig.recording()) {
      var recorder = ((RecordingTransport) way).recorder();
      long all = Recorder.ROOM_BYTES - 8_000;
      assertThat(recorder.reserve(all)).isTrue();
      assertThat(rig.ask(way, TrafficRig.post("x".repeat(9_000)))).isEqualTo("200 fine");
      recorder.release(all);
    }
    assertThat(recorded())
        .contains("\"how\":\"incomplete\"", "\"body\":{\"bytes\":9000}")
        .doesNotContain("xxx");
  }

  @Test
  void noLineIsWrittenThatIsTooLongToRead() throws Exception {
    int bytes = 9_000; // each is escaped by six
    rig.upstream.answer(Reply.ok("text/plain", "\u0001".repeat(bytes)));
    try (Transport way = rig.recording()) {
      ((RecordingTransport) way).recorder().limitLines(50_000);
      assertThat(rig.ask(way, TrafficRig.post("1"))).hasSize(bytes + 4);
    }
    assertThat(recorded())
        .hasSizeLessThan(2_000)
        .contains("\"bytes\":" + bytes, "its line would have more than 50000 bytes");
    assertThat(rig.count("llm_recorded_exchanges_total", "incomplete")).isEqualTo(1);
  }

  @Test
  void aLineThatIsTooLongIsPassedOverAndSaidWithTheRemedy() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("text/plain", "fine"));
    try (var file = new RandomAccessFile(rig.file.toFile(), "rw")) {
      file.setLength(RecordingScan.MOST_LINE_BYTES + 10L);
      file.seek(file.length());
      file.write('\n');
    }
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("1"));
    }
    assertThat(shown("show", rig.file.toString()))
        .contains("67108874 bytes, and 67108864 are the most", "record_bodies: false")
        .contains("POST /chat/completions");
    try (Transport way = rig.replay("replay_speed: 0")) {
      assertThat(rig.ask(way, TrafficRig.post("1"))).isEqualTo("200 fine");
    }
  }

  @Test
  void aLineThatACrashLeftHalfIsPassedOverAndTold() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("text/plain", "fine"));
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("1"));
    }
    Files.writeString(rig.file, "{\"version\":1,\"at", StandardOpenOption.APPEND);
    assertThat(shown("show", rig.file.toString())).contains("its writer was stopped within it");
    try (Transport way = rig.recording()) {
      rig.ask(way, TrafficRig.post("2"));
    }
    try (Transport way = rig.replay("replay_speed: 0")) {
      for (String body : List.of("1", "2")) {
        assertThat(rig.ask(way, TrafficRig.post(body))).isEqualTo("200 fine");
      }
    }
    var told = rig.telemetry.events("recording_unreadable").getFirst();
    assertThat(told.fields()).containsEntry("lines", 1L).containsEntry("first_line", 2L);
  }

  @Test
  void aFileThatCannotBeWrittenCostsTheRecordingAlone() throws Exception {
    rig.upstream.otherwise(_ -> Reply.ok("text/plain", "fine"));
    try (Transport way = rig.recording()) {
      Files.createDirectory(rig.file); // after the configuration was read
      assertThat(rig.ask(way, TrafficRig.post("1"))).isEqualTo("200 fine");
    }
    assertThat(rig.telemetry.events("recording_failed")).hasSize(1);
    assertThat(rig.count("llm_recorded_exchanges_total", "failed")).isEqualTo(1);
  }

  @Test
  void placesThatCannotBeAreRefusedByKey() throws Exception {
    Files.createDirectory(folder.resolve("d.jsonl"));
    Files.writeString(folder.resolve("f"), "");
    for (String bad :
        List.of(
            "record: " + folder.resolve("d.jsonl"),
            "record: " + folder.resolve("f/below"),
            "replay: " + folder.resolve("none.jsonl"),
            "replay_speed: -1",
            "record_max_bytes: 1")) {
      var config = TestConfig.yaml(bad);
      TrafficSettings.read("up", config.root(), List.of());
      assertThat(config.problems()).as(bad).hasSize(1);
      assertThat(config.problems().getFirst()).contains(bad.substring(0, bad.indexOf(':')));
    }
    var folderOnly = TestConfig.yaml("record: " + folder.resolve("traffic"));
    assertThat(TrafficSettings.read("up", folderOnly.root(), List.of()).recording().get().file())
        .isEqualTo(folder.resolve("traffic/up.jsonl"));
  }
}
