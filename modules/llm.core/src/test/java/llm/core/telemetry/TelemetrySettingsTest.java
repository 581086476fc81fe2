package llm.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** O-1, C-8: the section {@code telemetry}. */
class TelemetrySettingsTest {

  @Test
  void hasDefaults() {
    assertThat(TelemetrySettings.read(TestConfig.empty().root()))
        .isEqualTo(new TelemetrySettings(Level.INFO, Map.of(), 8_192));
  }

  @Test
  void mapsEveryKey() {
    var config =
        TestConfig.yaml(
            "telemetry:\n  level: warn\n  levels:\n    llm.gateway: debug\n  ring_lines: 64\n");
    assertThat(TelemetrySettings.read(config.root()))
        .isEqualTo(new TelemetrySettings(Level.WARN, Map.of("llm.gateway", Level.DEBUG), 64));
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void theShippedFileHasTheDefaults() throws Exception {
    Path shipped = Path.of("../../configs/config.yml");
    var config = TestConfig.yaml(Files.readString(shipped));
    assertThat(TelemetrySettings.read(config.root())).isEqualTo(TelemetrySettings.DEFAULT);
    assertThat(config.problems()).noneMatch(problem -> problem.contains("telemetry"));
  }

  @Test
  void takesTheEnvironment() {
    var config =
        TestConfig.yaml(
            "telemetry: {level: warn}",
            Map.of(
                "LOG_LEVEL", "error",
                "LLM_TELEMETRY_LEVELS", "llm.gateway=debug,llm.server=warn",
                "LLM_TELEMETRY_RING_LINES", "100"));
    assertThat(TelemetrySettings.read(config.root()))
        .isEqualTo(
            new TelemetrySettings(
                Level.ERROR, Map.of("llm.gateway", Level.DEBUG, "llm.server", Level.WARN), 100));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "level: loud; level: loud must be debug | info | warn | error | audit",
        "levels: {a: loud}; levels.a: loud must be debug | info | warn | error | audit",
        "ring_lines: 63; ring_lines: 63 must be integer, 64 to 1000000",
        "ring_lines: 1000001; ring_lines: 1000001 must be integer, 64 to 1000000",
      })
  void refusesBadValues(String line, String message) {
    var config = TestConfig.yaml("telemetry:\n  " + line);
    TelemetrySettings.read(config.root());
    assertThat(config.problems()).containsExactly("test.yml:2: telemetry." + message);
  }
}
