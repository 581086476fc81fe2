package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import llm.core.config.ConfigException;
import llm.core.config.ConfigSources;
import llm.core.store.journal.JournalSettings;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.server.boot.StoreSettings.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Section store, and the stores that are opened by it. */
class StoreSettingsTest {
  @TempDir private Path folder;
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private Settings read(Map<String, String> environment, String... lines) throws Exception {
    Files.createDirectories(folder.resolve("configs"));
    Files.write(folder.resolve("configs/config.yml"), List.of(lines));
    return Settings.read(ConfigSources.of(environment, folder));
  }

  private StoreSettings good(Map<String, String> environment, String... lines) throws Exception {
    var settings = read(environment, lines);
    settings.verifyToServe();
    return settings.store();
  }

  private static String problems(Settings settings) {
    try {
      settings.verifyToServe();
      return "none";
    } catch (ConfigException refused) {
      return refused.getMessage() + refused.problems();
    }
  }

  @Test
  void withoutAFolderNothingIsKept() throws Exception {
    var settings = good(Map.of(), "server:", "  port: 0");
    assertThat(settings.kind()).isEqualTo(Kind.MEMORY);
    try (var stores = Stores.open(settings, clock, telemetry)) {
      assertThat(stores.durability()).isEqualTo("none");
      assertThat(stores.status().available()).isTrue();
      assertThat(stores.status().kind()).isEqualTo("memory");
    }
  }

  @Test
  void withAFolderAJournalIsKeptThere() throws Exception {
    Path data = folder.resolve("data");
    var settings =
        good(
            Map.of("LLM_STORE_DATA_DIR", data.toString()),
            "store:",
            "  fsync: interval",
            "  fsync_interval_ms: 250",
            "  segment_bytes: 2097152",
            "  journal_bytes: 20971520",
            "  append_bytes: 100000",
            "  timeout_ms: 500");
    assertThat(settings.kind()).isEqualTo(Kind.JOURNAL);
    assertThat(settings.journal())
        .isEqualTo(
            new JournalSettings(
                Optional.of(Duration.ofMillis(250)),
                2 << 20,
                20 << 20,
                100_000,
                Duration.ofMillis(500)));
    var key = new LogKey("test", "a");
    var begin = LogPoint.beginOf(new LogIdentity(new UUID(1, 2)));
    for (int start = 0; start < 2; start++) {
      try (var stores = Stores.open(settings, clock, telemetry)) {
        assertThat(stores.durability()).isEqualTo("journal");
        stores.logs().append(key, begin, List.of("kept"), Optional.empty());
        assertThat(stores.logs().read(key, 0, 9).records()).hasSize(1);
      }
    }
    assertThat(good(Map.of(), "store:", "  kind: memory", "  data_dir: d").kind())
        .isEqualTo(Kind.MEMORY);
  }

  @Test
  void byDefaultEveryAppendIsOnTheDeviceBeforeItIsAcknowledged() throws Exception {
    var settings = good(Map.of(), "store:", "  data_dir: " + folder.resolve("data"));
    assertThat(settings.journal())
        .isEqualTo(
            new JournalSettings(
                Optional.empty(), 64 << 20, 16L << 30, 16 << 20, Duration.ofSeconds(2)));
    assertThat(settings.memoryBytes()).isEqualTo(128 << 20);
    assertThat(settings.valueBytes()).isEqualTo(32 << 20);
  }

  @Test
  void aJournalNeedsAFolderAndRoomForSegments() throws Exception {
    assertThat(problems(read(Map.of(), "store:", "  kind: journal")))
        .contains("store.data_dir")
        .contains("is needed by store.kind journal");
    assertThat(problems(read(Map.of(), "store:", "  journal_bytes: 67108864")))
        .contains("store.journal_bytes")
        .contains("must be 4 times segment_bytes or more");
    assertThat(problems(read(Map.of(), "store:", "  kind: disk"))).contains("store.kind");
  }

  @Test
  void withAnAddressOfARedisThatIsUsedThereOrNot() throws Exception {
    var settings =
        good(
            Map.of("REDIS_URL", "redis://127.0.0.1:1", "LLM_STORE_DATA_DIR", "d"),
            "redis:",
            "  key_prefix: 'llm:'");
    assertThat(settings.kind()).isEqualTo(Kind.REDIS);
    assertThat(settings.redis().orElseThrow().keyPrefix()).isEqualTo("llm:");
    try (var stores = Stores.open(settings, clock, telemetry)) {
      assertThat(stores.durability()).isEqualTo("redis");
      assertThat(stores.status().available()).as("nobody is there").isFalse();
    }
    assertThat(problems(read(Map.of(), "store:", "  kind: redis")))
        .contains("redis needs redis.host, or REDIS_URL in the environment");
    var untrusted = good(Map.of(), "redis:", "  host: h", "  tls: true", "  ca_file: none.pem");
    assertThatThrownBy(() -> Stores.open(untrusted, clock, telemetry))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("redis.ca_file none.pem cannot be used");
  }

  @Test
  void aFolderThatCannotBeUsedIsTold() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");
    var settings = good(Map.of(), "store:", "  data_dir: " + file);
    assertThatThrownBy(() -> Stores.open(settings, clock, telemetry))
        .isInstanceOfSatisfying(
            StartFailure.class, failure -> assertThat(failure.exitCode()).isEqualTo(2))
        .hasMessageContaining("the journal's folder " + file + " cannot be used");
  }
}
