package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import llm.core.telemetry.Level;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** C-8: what each type of setting takes and refuses. */
class SettingTest {
  private static final Setting<Long> BYTES = Setting.bytes("size", 10, 1, 1_000, "");
  private static final Setting<Double> NUMBER = Setting.number("share", 0.5, 0, 1, "");
  private static final Setting<Boolean> FLAG = Setting.flag("on", false, "");
  private static final Setting<Duration> SECONDS =
      Setting.duration(
          "drain_seconds", Duration.ofSeconds(5), Duration.ZERO, Duration.ofMinutes(1), "");
  private static final Setting<Duration> MILLIS =
      Setting.duration(
          "idle_ms", Duration.ofMillis(1_500), Duration.ofMillis(1), Duration.ofDays(1), "");
  private static final Setting<Level> CHOICE = Setting.choice("level", Level.INFO, "");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "size: 0; size: 0 must be bytes, 1 to 1000",
        "size: 1001; size: 1001 must be bytes, 1 to 1000",
        "size: 1k; size: 1k must be bytes, 1 to 1000",
        "size: 99999999999999999999; size: 99999999999999999999 must be bytes, 1 to 1000",
        "share: 1.01; share: 1.01 must be number, 0.0 to 1.0",
        "share: -0.1; share: -0.1 must be number, 0.0 to 1.0",
        "share: NaN; share: NaN must be number, 0.0 to 1.0",
        "share: .nan; share: .nan must be number, 0.0 to 1.0",
        "share: 0x1p-1; share: 0x1p-1 must be number, 0.0 to 1.0",
        "share: 1d; share: 1d must be number, 0.0 to 1.0",
        "on: maybe; on: maybe must be true or false",
        "drain_seconds: 61; drain_seconds: 61 must be seconds, 0 to 60",
        "drain_seconds: -1; drain_seconds: -1 must be seconds, 0 to 60",
        "drain_seconds: NaN; drain_seconds: NaN must be seconds, 0 to 60",
        "drain_seconds: 1e300; drain_seconds: 1e300 must be seconds, 0 to 60",
        "drain_seconds: 5s; drain_seconds: 5s must be seconds, 0 to 60",
        "idle_ms: 0; idle_ms: 0 must be milliseconds, 1 to 86400000",
        "level: trace; level: trace must be debug | info | warn | error | audit",
      })
  void refusesWithTheTypeInTheMessage(String yaml, String message) {
    var config = TestConfig.yaml(yaml);
    read(config.root());
    assertThat(config.problems()).containsExactly("test.yml:1: " + message);
  }

  private static void read(Section section) {
    section.get(BYTES);
    section.get(NUMBER);
    section.get(FLAG);
    section.get(SECONDS);
    section.get(MILLIS);
    section.get(CHOICE);
  }

  @Test
  void readsWhatFits() {
    var section =
        TestConfig.yaml(
                "size: 1_000\nshare: 1e-1\non: 'Yes'\ndrain_seconds: 0.25\nidle_ms: 20\n"
                    + "level: Debug\n")
            .root();
    assertThat(section.get(BYTES)).isEqualTo(1_000);
    assertThat(section.get(NUMBER)).isEqualTo(0.1);
    assertThat(section.get(FLAG)).isTrue();
    assertThat(section.get(SECONDS)).isEqualTo(Duration.ofMillis(250));
    assertThat(section.get(MILLIS)).isEqualTo(Duration.ofMillis(20));
    assertThat(section.get(CHOICE)).isEqualTo(Level.DEBUG);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true",
    "yes, true",
    "on, true",
    "1, true",
    "false, false",
    "no, false",
    "off, false",
    "0, false",
    "TRUE, true"
  })
  void flagsHaveSeveralWords(String text, boolean value) {
    assertThat(FLAG.parse().apply(text)).isEqualTo(value);
  }

  @Test
  void optionalOnesAreEmptyWithoutAValue() {
    var section = TestConfig.yaml("file: a/b\n").root();
    assertThat(section.find(Setting.optionalPath("file", ""))).contains(Path.of("a/b"));
    assertThat(section.find(Setting.optionalPath("other", ""))).isEmpty();
    assertThat(section.find(Setting.optionalText("text", ""))).isEmpty();
    assertThat(section.find(Setting.optionalInteger("number", 1, 2, ""))).isEmpty();
    assertThat(section.find(BYTES)).as("the default").contains(10L);
  }

  @Test
  void aPathThatIsNoneIsRefused() {
    var config = TestConfig.yaml("file: \"a\\0b\"\n");
    assertThat(config.root().find(Setting.optionalPath("file", ""))).isEmpty();
    assertThat(config.problems()).containsExactly("test.yml:1: file: a?b must be path");
  }

  @Test
  void aDurationSaysItsUnitInItsKey() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Setting.duration("wait", Duration.ZERO, Duration.ZERO, Duration.ZERO, ""))
        .withMessage("key wait must end in _seconds or _ms");
    assertThat(SECONDS.fallbackText()).isEqualTo("5");
    assertThat(MILLIS.fallbackText()).isEqualTo("1500");
  }

  @Test
  void aParserThatIsBrokenIsABugAndNotAProblemOfTheUser() {
    Setting<String> broken =
        new Setting<>(
            "x",
            "text",
            text -> {
              throw new IllegalStateException("bug");
            },
            java.util.Optional.empty(),
            "",
            java.util.List.of(),
            "");
    assertThatThrownBy(() -> TestConfig.yaml("x: 1").root().find(broken)).hasMessage("bug");
  }
}
