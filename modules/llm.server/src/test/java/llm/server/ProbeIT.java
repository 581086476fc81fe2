package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import llm.core.testkit.RedisProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The measuring commands as the processes that {@code tools/probe} and {@code tools/e2e} start. */
class ProbeIT {
  private static final String PROBE = "llm.server/llm.server.probe.ProbeMain";
  private static final String E2E = "llm.server/llm.server.probe.E2eMain";

  @TempDir private Path folder;

  @Test
  void theProbeMeasuresAServerBesideIt() throws Exception {
    try (var server = ServerProcess.serve(folder, Map.of())) {
      var environment = Map.of("OPENAI_COMPATIBLE_BASE_URL", server.uri("/v1").toString());
      try (var probe =
          ServerProcess.runMain(
              PROBE, folder, environment, "--model", "openai_compatible/mock", "--repeats=2")) {
        assertThat(probe.exitCode()).as(() -> probe.output().toString()).isZero();
        assertThat(probe.allOutput()).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
        assertThat(Files.readString(report(probe)))
            .contains(
                "| First ping (HTTP 200) | ", "| Network: to the head of the answer, ms | 2 |");
        assertThat(probe.errors()).isEqualTo("[]");
      }
    }
  }

  @Test
  void theDialogueFindsItsSummaryInTheNextProcess() throws Exception {
    try (var redis = RedisProcess.start(folder)) {
      var environment = Map.of("REDIS_URL", "redis://127.0.0.1:" + redis.port());
      assertThat(checks(environment)).containsExactly("false", "true");
      assertThat(checks(environment)).containsExactly("true", "true");
      redis.kill();
      try (var e2e = ServerProcess.runMain(E2E, folder, environment)) {
        assertThat(e2e.exitCode()).isEqualTo(1);
        assertThat(e2e.allOutput()) // behind it may stand what others said while the log closed
            .anySatisfy(line -> assertThat(line).contains("\"event\":\"error\"", "Redis"));
        assertThat(e2e.errors()).isEqualTo("[]");
      }
    }
  }

  /** Whether each look into the cache was a hit. */
  private List<String> checks(Map<String, String> environment) throws Exception {
    try (var e2e = ServerProcess.runMain(E2E, folder, environment, "--repeats", "2")) {
      assertThat(e2e.exitCode()).as(() -> e2e.output().toString()).isZero();
      return e2e.allOutput().stream()
          .filter(line -> line.contains("\"event\":\"summary_cache_check\""))
          .map(line -> line.replaceFirst(".*\"hit\":(\\w+).*", "$1"))
          .toList();
    }
  }

  private Path report(ServerProcess process) throws Exception {
    return process.allOutput().stream()
        .filter(line -> line.contains("\"event\":\"report_saved\""))
        .map(line -> folder.resolve(line.replaceFirst(".*\"path\":\"([^\"]+)\".*", "$1")))
        .findFirst()
        .orElseThrow();
  }
}
