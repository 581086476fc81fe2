package llm.server.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llm.core.config.ConfigSources;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.RedisProcess;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The commands as a user runs them, in this process: options, events, reports, exit codes. */
@Timeout(120)
class CommandsTest {
  private static final String KEY = "summary:session:f31190817143a3ef";

  @TempDir private Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private boolean watched;

  private int run(Commands command, Map<String, String> environment, String... more) {
    out.reset();
    var args = new ArrayList<>(List.of(more));
    args.add("--report-dir=" + folder.resolve("reports"));
    var terminal =
        new Terminal(
            ConfigSources.of(environment, folder),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            watched);
    return command.run(terminal, args.toArray(String[]::new));
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private String said() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private List<String> events() {
    return lines().stream()
        .map(line -> line.replaceFirst(".*\"event\":\"(\\w+)\".*", "$1"))
        .toList();
  }

  private String line(String event) {
    return lines().stream()
        .filter(line -> line.contains("\"event\":\"" + event + "\""))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + event + " in " + lines()));
  }

  private List<Path> reports(String ending) throws IOException {
    try (var files = Files.list(folder.resolve("reports"))) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  /** Fails where the text is not one whole JSON object. */
  private static void requireJson(String text) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      parser.skipChildren();
      assertThat(parser.nextToken()).as("after the object: %s", text).isNull();
    }
  }

  private Path config(String yaml) throws IOException {
    return Files.writeString(folder.resolve("config.yml"), yaml);
  }

  @Test
  @DisplayName("C-9: the probe tells each event once, and its own names")
  void theProbeTellsEachEventOnce() throws Exception {
    assertThat(run(Commands.PROBE, Map.of(), "--text", "one two", "--repeats", "2")).isZero();
    lines().forEach(CommandsTest::requireJson);
    assertThat(events())
        .containsSubsequence(
            "handshake_start",
            "conn_handshake_start",
            "conn_handshake_finish",
            "handshake_finish",
            "request_send",
            "first_token",
            "chunk",
            "stream_end",
            "context_usage",
            "request_send",
            "report_saved",
            "report_saved");
    for (String event : List.of("request_send", "first_token", "stream_end", "context_usage")) {
      assertThat(events()).filteredOn(event::equals).as(event).hasSize(2);
    }
    assertThat(line("request_send")).contains("\"ts\":\"", "\"model\":\"mock\"");
    assertThat(line("first_token")).contains("\"ttft_ms\":");
    assertThat(line("chunk")).contains("\"i\":1", "\"bytes\":5");
    assertThat(line("stream_end")).contains("\"total_ms\":", "\"chunks\":3");
    assertThat(line("context_usage")).contains("\"before\":", "\"after\":");
    assertThat(line("handshake_finish")).contains("\"ping_ms\":", "\"generation_ms\":");
    assertThat(said()).isEmpty();
  }

  @Test
  @DisplayName("C-9: the report has mean, p50, p95, a histogram and conclusions")
  void theProbeWritesAReport() throws Exception {
    assertThat(run(Commands.PROBE, Map.of(), "--text=one `two` | three", "--repeats=3")).isZero();
    Path report = reports(".md").getFirst();
    assertThat(report.getFileName().toString())
        .matches("llm_probe_\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.md");
    assertThat(Files.readString(report))
        .contains(
            "- Text: one  two    three\n",
            "| | n | mean | p50 | p95 | least | most |",
            "| Time to first token (TTFT), ms | 3 | ",
            "| Chunks a second | 3 | ",
            "| Network: to the head of the answer, ms | 0 | not told |",
            "| First ping (no network) | ",
            "#### ",
            "## Conclusions\n\n- TTFT p50: ",
            "- No next context was made ready")
        .containsPattern("\\*\\*TTFT p50: \\d+ ms \\(target < 800 ms\\) — (OK|FAIL)\\*\\*");
    String json = Files.readString(reports(".json").getFirst());
    requireJson(json);
    assertThat(json).contains("\"kind\":\"probe\"", "\"ttft_ms\":{\"count\":3,\"mean\":");
  }

  @Test
  void showsProgressToWhoeverLooksOn() {
    watched = true;
    assertThat(run(Commands.PROBE, Map.of(), "--repeats", "1")).isZero();
    assertThat(said()).contains("1 of 1: first token ", "report: ");
    lines().forEach(CommandsTest::requireJson);
  }

  @Test
  @DisplayName("C-10: over a Redis a summary is missed once and then hit, in the next process too")
  void aSummaryIsMadeOnceAndThenReadFromRedis() throws Exception {
    try (var redis = RedisProcess.start(folder)) {
      var environment = Map.of("REDIS_URL", "redis://127.0.0.1:" + redis.port());
      assertThat(run(Commands.E2E, environment, "--session-id", "demo-123", "--repeats", "2"))
          .as(() -> lines().toString())
          .isZero();
      lines().forEach(CommandsTest::requireJson);
      assertThat(events())
          .containsSubsequence(
              "conn_handshake_start",
              "conn_handshake_finish",
              "request_send",
              "first_token",
              "time_to_first_token_ms",
              "stream_end",
              "context_usage",
              "summary_cache_check",
              "summary_cache_save",
              "turn_replayed",
              "turn_replayed",
              "request_send",
              "summary_cache_check",
              "report_saved",
              "report_saved")
          .containsOnlyOnce("summary_cache_save");
      assertThat(line("summary_cache_save")).contains("\"key\":\"" + KEY + "\"", "\"bytes\":");
      assertThat(line("user_turn_finish")).contains("\"response_total_ms\":");
      Path report = reports(".md").getFirst();
      assertThat(report.getFileName().toString()).matches("llm_agent_\\d{8}-\\d{4}\\.md");
      assertThat(Files.readString(report))
          .contains("- Store: redis", "| 1 | `" + KEY + "` | miss |", "| 2 | `" + KEY + "` | hit |")
          .containsPattern("TTFT p50: \\d+ ms \\(target < 800 ms\\) — (OK|FAIL)");

      assertThat(run(Commands.E2E, environment, "--repeats", "1")).isZero();
      assertThat(events())
          .containsSubsequence("turn_replayed", "turn_replayed", "request_send")
          .doesNotContain("summary_cache_save", "conversation_open");
      assertThat(line("summary_cache_check")).contains("\"hit\":true");

      assertThat(run(Commands.E2E, environment, "--model", "mock-demo")).isEqualTo(1);
      assertThat(line("error")).contains("\"code\":\"conflict\"", "kept with model mock;");

      redis.kill();
      assertThat(run(Commands.E2E, environment)).isEqualTo(1);
      assertThat(line("error")).contains("\"code\":\"store_unavailable\"", "Redis");
      assertThat(lines()).noneMatch(line -> line.contains("\"stack\"") || line.contains("\tat "));
      lines().forEach(CommandsTest::requireJson);
      assertThat(said()).isEmpty();
    }
  }

  @Test
  void aMissingKeyIsAnErrorEvent() throws Exception {
    config(
        """
        gateway: {default_model: far}
        providers: {openai_compatible: {upstreams: {far: {base_url: 'http://127.0.0.1:9/v1',
          api_key: '${FAR_KEY}', models: [far]}}}}
        """);
    assertThat(run(Commands.PROBE, Map.of(), "--config", "config.yml")).isEqualTo(1);
    assertThat(line("error")).contains("\"code\":\"invalid_configuration\"", "FAR_KEY");
    lines().forEach(CommandsTest::requireJson);
    assertThat(said()).isEmpty();
  }

  @Test
  void aKeyThatIsRefusedIsAnErrorEvent() throws Exception {
    try (var upstream = FaultUpstream.open()) {
      upstream.otherwise(
          _ -> Reply.whole(401, "application/json", "{\"error\":{\"message\":\"no such key\"}}"));
      config(
          "providers: {openai_compatible: {upstreams: {far: {base_url: '"
              + upstream.uri()
              + "/v1', api_key: '${FAR_KEY}', models: [far]}}}}\n");
      assertThat(
              run(
                  Commands.PROBE,
                  Map.of("FAR_KEY", "wrong"),
                  "--config",
                  "config.yml",
                  "--model",
                  "far"))
          .as(() -> lines().toString())
          .isEqualTo(1);
      assertThat(line("error")).contains("\"code\":\"provider_refused\"");
      lines().forEach(CommandsTest::requireJson);
    }
  }

  @Test
  void takesThePromptsOfAnotherFile() throws Exception {
    Path prompts = Files.writeString(folder.resolve("mine.yml"), "system_prompt: 'Say {name}.'\n");
    assertThat(run(Commands.PROBE, Map.of(), "--prompts", prompts.toString())).isEqualTo(1);
    assertThat(line("error")).contains("mine.yml:1", "{name}");
    assertThat(run(Commands.PROBE, Map.of(), "--prompts", "none.yml")).isEqualTo(1);
    assertThat(line("error")).contains("none.yml", "there is no such file");
  }

  @Test
  void anUnknownModelIsAnErrorEvent() {
    assertThat(run(Commands.PROBE, Map.of(), "--model", "nobody")).isEqualTo(1);
    assertThat(line("error")).contains("\"code\":\"model_not_found\"");
  }

  @Test
  void aWrongOptionIsSaidOnStandardErrorWithExitCode2() {
    assertThat(run(Commands.PROBE, Map.of(), "--repeat", "3")).isEqualTo(2);
    assertThat(run(Commands.PROBE, Map.of(), "--repeats", "0")).isEqualTo(2);
    assertThat(run(Commands.PROBE, Map.of(), "--repeats", "many")).isEqualTo(2);
    assertThat(run(Commands.PROBE, Map.of(), "--text", "a", "--text", "b")).isEqualTo(2);
    assertThat(run(Commands.E2E, Map.of(), "--text", "a")).isEqualTo(2);
    assertThat(said().lines())
        .containsExactly(
            "tools/probe: unknown option '--repeat'; --help lists the options.",
            "tools/probe: --repeats: '0' must be a whole number from 1 to 10000; --help lists the"
                + " options.",
            "tools/probe: --repeats: 'many' must be a whole number from 1 to 10000; --help lists"
                + " the options.",
            "tools/probe: option --text was given twice; --help lists the options.",
            "tools/e2e: unknown option '--text'; --help lists the options.");
    assertThat(lines()).isEmpty();
  }

  @Test
  void helpListsEveryOption() {
    assertThat(run(Commands.E2E, Map.of(), "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "Usage: tools/e2e",
            "--config",
            "--prompts",
            "--session-id",
            "--repeats",
            "--report-dir");
  }
}
