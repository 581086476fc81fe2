package llm.server.probe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import llm.core.conversation.TurnReport;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {
  private static final Greeting REMOTE =
      new Greeting(12, OptionalDouble.of(30), OptionalInt.of(200), OptionalDouble.of(150));

  @TempDir private Path folder;

  private static TurnFigures turn(double firstToken, boolean replayed) {
    OptionalDouble handover = firstToken > 1_000 ? OptionalDouble.of(12.5) : OptionalDouble.empty();
    var report =
        new TurnReport(
            "t",
            Optional.of(FinishReason.STOP),
            Usage.of(10, 20),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            0.25,
            0.5,
            handover,
            handover.isPresent() ? 3 : 0,
            true);
    return new TurnFigures(
        "turn",
        replayed,
        OptionalDouble.of(firstToken),
        OptionalDouble.of(firstToken / 2),
        OptionalDouble.of(firstToken + 1_000),
        11,
        report);
  }

  private static Results results(double... firstTokens) {
    List<TurnFigures> turns = new ArrayList<>(List.of(turn(999_999, true)));
    for (double one : firstTokens) {
      turns.add(turn(one, false));
    }
    return new Results(Results.Kind.E2E, "m", "redis", "s", REMOTE, turns, List.of());
  }

  private String markdown(Results results) throws IOException {
    return Files.readString(
        ReportFiles.save(folder, results, new Trail(), Instant.EPOCH).getFirst());
  }

  @Test
  void aReportIsNeverOverwritten() throws IOException {
    List<String> names = new ArrayList<>();
    for (int time = 0; time < 3; time++) {
      for (Path report : ReportFiles.save(folder, results(1), new Trail(), Instant.EPOCH)) {
        names.add(report.getFileName().toString().replaceFirst("^llm_agent_\\d{8}-\\d{4}", "name"));
      }
    }
    assertThat(names)
        .containsExactly(
            "name.md", "name.json", "name-2.md", "name-2.json", "name-3.md", "name-3.json");
  }

  @Test
  void theTargetIsMetBelow800MillisecondsOnly() throws IOException {
    assertThat(markdown(results(700, 799.4))).contains("TTFT p50: 750 ms (target < 800 ms) — OK");
    assertThat(markdown(results(799.6))).contains("TTFT p50: 800 ms (target < 800 ms) — FAIL");
    assertThat(markdown(results())).contains("TTFT p50: not measured (target < 800 ms) — FAIL");
  }

  @Test
  void figuresAreThoseOfTurnsThatAModelAnswered() throws IOException {
    assertThat(markdown(results(100, 200, 300)))
        .contains(
            "| Time to first token (TTFT), ms | 3 | 200.0 | 200.0 | 290.0 | 100.0 | 300.0 |",
            "| Total, ms | 3 | 1200.0 | 1200.0 | 1290.0 | 1100.0 | 1300.0 |",
            "| Chunks a second | 3 | 10.0 | 10.0 | 10.0 | 10.0 | 10.0 |",
            "| Network: to the head of the answer, ms | 3 | 100.0 | 100.0 | 145.0 | 50.0 | 150.0 |",
            "| First ping (HTTP 200) | 30.0 |",
            "| One token from an empty text | 150.0 |",
            "| turn | | | | | | told again as recorded |",
            "| turn | 100.0 | 1100.0 | 11 | 10.0 | 25.0 % → 50.0 % |");
  }

  @Test
  void conclusionsFollowFromTheFigures() throws IOException {
    assertThat(markdown(results(2_000, 100, 100, 100, 100)))
        .contains(
            "- The first token comes unevenly: the p95 is 16.2 times the p50.",
            "- The first turn waited longer (2000.0 ms) than the others (p50 100.0 ms)",
            "- At the median 9 % of a turn is the wait for its first token.",
            "- At the median 50 % of that wait passes before the head of the answer is there.",
            "- The model was not told all messages, for they had no room, once.",
            "in a new context, ready for 12.5 ms; 3 messages had no room");
    var trail = new Trail();
    for (String event : List.of("warmup_start", "warmup_ready", "handover_perform", "chunk")) {
      trail.add(new Trail.Seen(event, "", Map.of("ms", 12.5)));
    }
    var results =
        new Results(
            Results.Kind.PROBE,
            "m",
            "memory",
            "text",
            REMOTE,
            List.of(turn(100, false)),
            List.of(
                new SummaryFigures(1, "key", false, 1_000, 6),
                new SummaryFigures(2, "key", true, 4, 6)));
    List<Path> reports = ReportFiles.save(folder, results, trail, Instant.EPOCH);
    assertThat(Files.readString(reports.getFirst()))
        .contains(
            "- The next context was begun once, ready once and taken once.",
            "- A summary took 1000.0 ms when the model made it, 4.0 ms from the cache: 250 times"
                + " faster.",
            "- `warmup_ready` — ms 12.500");
    assertThat(Files.readString(reports.getLast()))
        .contains("\"events\":[{\"event\":\"warmup_start\",\"ms\":12.5}");
  }
}
