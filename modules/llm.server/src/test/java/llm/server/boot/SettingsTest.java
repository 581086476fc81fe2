package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import llm.core.config.ConfigException;
import llm.core.config.ConfigProblem;
import llm.core.config.ConfigSources;
import llm.core.testkit.TestConfig;
import llm.server.engine.EngineLimits;
import llm.server.http.HttpSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C-8: what the process reads of its configuration. */
class SettingsTest {
  @TempDir private Path folder;

  private ConfigSources sources(String... hostAndMore) {
    var sources = ConfigSources.of(Map.of(), folder);
    return hostAndMore.length == 0
        ? sources
        : sources.withFlag("server.host", "--host", hostAndMore[0]);
  }

  private void write(String yaml) throws IOException {
    Files.createDirectories(folder.resolve("configs"));
    Files.writeString(folder.resolve("configs/config.yml"), yaml);
  }

  private List<String> problems(ConfigSources sources) throws ConfigException {
    var settings = Settings.read(sources);
    try {
      settings.verify();
      return List.of();
    } catch (ConfigException refused) {
      return refused.problems().stream().map(ConfigProblem::toString).toList();
    }
  }

  @Test
  void hasDefaultsThatServeThisMachine() throws Exception {
    var http = Settings.read(sources()).http();
    assertThat(http)
        .isEqualTo(
            new HttpSettings(
                "127.0.0.1",
                8000,
                HttpSettings.Engine.OWN,
                8 << 20,
                2048,
                new EngineLimits(
                    20_000,
                    64 * 1024,
                    200,
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(120),
                    Duration.ofSeconds(30)),
                Duration.ofSeconds(600),
                Duration.ofSeconds(10),
                Duration.ofSeconds(15),
                Duration.ofSeconds(25)));
    assertThat(problems(sources())).isEmpty();
  }

  @Test
  void readsEveryKeyOfTheServerSection() {
    var config =
        TestConfig.yaml(
            """
            server:
              host: localhost
              port: 1
              http_engine: jdk
              max_body_bytes: 2048
              max_requests: 3
              max_connections: 4
              max_header_bytes: 4096
              max_headers: 11
              header_timeout_seconds: 12
              body_idle_seconds: 13
              idle_seconds: 14
              request_read_seconds: 5
              request_timeout_seconds: 6
              first_event_commit_seconds: 7
              keep_alive_ms: 80
              write_timeout_seconds: 9
              drain_seconds: 10
            """);
    assertThat(HttpSettings.read(config.section("server")))
        .isEqualTo(
            new HttpSettings(
                "localhost",
                1,
                HttpSettings.Engine.JDK,
                2048,
                3,
                new EngineLimits(
                    4,
                    4096,
                    11,
                    Duration.ofSeconds(12),
                    Duration.ofSeconds(13),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(14),
                    Duration.ofSeconds(9)),
                Duration.ofSeconds(6),
                Duration.ofSeconds(7),
                Duration.ofMillis(80),
                Duration.ofSeconds(10)));
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void theEngineThatLearnsByWritingIsNeverSilentForLong() {
    var config = TestConfig.yaml("server: {http_engine: jdk}\n");
    assertThat(HttpSettings.read(config.section("server")).keepAlive())
        .isEqualTo(Duration.ofMillis(400));
  }

  @ParameterizedTest
  @CsvSource({
    "port, 65536",
    "port, -1",
    "max_body_bytes, 1023",
    "max_requests, 0",
    "max_connections, 0",
    "http_engine, nginx",
    "max_header_bytes, 1023",
    "max_headers, 0",
    "header_timeout_seconds, 0",
    "body_idle_seconds, 0",
    "idle_seconds, 0",
    "request_read_seconds, 0.5",
    "request_timeout_seconds, 0",
    "first_event_commit_seconds, 0",
    "keep_alive_ms, 1",
    "write_timeout_seconds, 0",
    "drain_seconds, 0",
    "max_request, 5"
  })
  void refusesWhatIsOutOfRangeWithFileKeyAndLine(String key, String value) throws Exception {
    write("server:\n  " + key + ": " + value + "\n");
    assertThat(problems(sources()))
        .singleElement()
        .asString()
        .startsWith("configs/config.yml:2: server." + key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
  void refusesToBeReachedFromOutsideWithoutKeys(String host) throws Exception {
    assertThat(problems(sources(host)))
        .singleElement()
        .asString()
        .startsWith("--host: server.host: " + host)
        .contains("--new-api-key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.0.0.2", "localhost", "::1"})
  void servesLoopbackWithoutKeys(String host) throws Exception {
    assertThat(problems(sources(host))).isEmpty();
  }

  @Test
  void withAKeyItMayBeReachedFromOutside() throws Exception {
    write("auth:\n  keys:\n    - {name: a, sha256: " + "0".repeat(64) + "}\n");
    assertThat(problems(sources("0.0.0.0"))).isEmpty();
  }

  @Test
  void saysWhatIsWrongInTheModelCatalogueToo() throws Exception {
    write("server:\n  port: 1\n");
    Files.writeString(folder.resolve("configs/models.yml"), "modles: {}\n");
    assertThat(problems(sources()))
        .singleElement()
        .asString()
        .startsWith("configs/models.yml:1: modles");
  }

  @Test
  void aFileThatIsNotYamlEndsTheReading() throws Exception {
    write("server: [\n");
    assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> Settings.read(sources()));
  }
}
