package llm.core.gateway.schema;

import static org.assertj.core.api.Assertions.assertThat;

import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.Test;

class SchemaSettingsTest {

  @Test
  void answersAreJudgedAndMendedByDefault() {
    assertThat(SchemaSettings.read(TestConfig.yaml("").section("gateway")))
        .isEqualTo(new SchemaSettings(true, true))
        .isEqualTo(SchemaSettings.DEFAULTS);
  }

  @Test
  void everyKeyIsRead() {
    var config =
        TestConfig.yaml("gateway: {structured_output: {repair: false, validate_native: false}}");
    assertThat(SchemaSettings.read(config.section("gateway")))
        .isEqualTo(new SchemaSettings(false, false));
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void whatIsNoFlagIsRefused() {
    var config = TestConfig.yaml("gateway: {structured_output: {repair: once}}");
    SchemaSettings.read(config.section("gateway"));
    assertThat(config.problems()).anyMatch(problem -> problem.contains("structured_output.repair"));
  }
}
