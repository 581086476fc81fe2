package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** C-8: every key is documented, because the page is printed from the code of the real process. */
@Timeout(60)
class ConfigurationPageIT {
  private static final Path PAGE = Path.of("..", "..", "docs", "configuration.md");

  @Test
  void thePageIsWhatTheProcessPrints(@TempDir Path folder) throws Exception {
    try (var process = ServerProcess.run(folder, Map.of(), "--print-config-reference")) {
      assertThat(process.exitCode()).isZero();
      assertThat(Files.readAllLines(PAGE))
          .as(
              "docs/configuration.md is out of date; write it anew with"
                  + " tools/run --print-config-reference > docs/configuration.md")
          .isEqualTo(process.allOutput());
    }
  }

  @Test
  void theShippedConfigurationIsValid(@TempDir Path folder) throws Exception {
    String shipped = Path.of("..", "..", "configs").toAbsolutePath().toString();
    try (var process = ServerProcess.run(folder, Map.of(), "--check-config", "--config", shipped)) {
      assertThat(process.errors()).isEqualTo("[]");
      assertThat(process.exitCode()).isZero();
    }
  }
}
