package llm.core.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.config.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section redis. */
class RedisSettingsTest {
  @TempDir private Path folder;
  private Configuration configuration;

  private Optional<RedisSettings> read(Map<String, String> environment, String yaml)
      throws Exception {
    Files.createDirectories(folder.resolve("configs"));
    Files.writeString(folder.resolve("configs/config.yml"), yaml);
    configuration = Configuration.load(ConfigSources.of(environment, folder));
    return RedisSettings.read(configuration.root().section("redis", "Redis."));
  }

  private static RedisSettings redis(String host, int port, String user, String word, int number) {
    return new RedisSettings(
        host,
        port,
        Optional.of(user).filter(text -> !text.isEmpty()),
        Optional.of(word).filter(text -> !text.isEmpty()).map(Secret::new),
        number,
        false,
        Optional.empty(),
        "",
        8);
  }

  @Test
  void withoutAnAddressThereIsNone() throws Exception {
    assertThat(read(Map.of(), "redis:\n  database: 3\n")).isEmpty();
    assertThat(configuration.problems()).isEmpty();
  }

  @Test
  void anAddressComesFromKeysOrVariables() throws Exception {
    assertThat(read(Map.of(), "redis:\n  host: r\n")).contains(redis("r", 6379, "", "", 0));
    var environment =
        Map.of("REDIS_HOST", "h", "REDIS_PORT", "7000", "REDIS_DB", "2", "REDIS_PASSWORD", "p w");
    assertThat(read(environment, "redis:\n  user: u\n")).contains(redis("h", 7000, "u", "p w", 2));
    var link = Map.of("REDIS_PORT", "tcp://10.0.0.7:6380");
    assertThat(read(link, "redis:\n  host: r\n")).contains(redis("r", 6380, "", "", 0));
    assertThat(configuration.problems()).isEmpty();
    var all =
        read(
                Map.of(),
                """
                redis:
                  host: r
                  tls: true
                  ca_file: ca.pem
                  key_prefix: "llm:"
                  connections: 3
                """)
            .orElseThrow();
    assertThat(all)
        .isEqualTo(
            new RedisSettings(
                "r",
                6379,
                Optional.empty(),
                Optional.empty(),
                0,
                true,
                Optional.of(Path.of("ca.pem")),
                "llm:",
                3));
  }

  @Test
  void aUrlSaysItAll() throws Exception {
    var plain = Map.of("REDIS_URL", "redis://me:p%40%20ss+@cache.example:7001/5");
    assertThat(read(plain, "")).contains(redis("cache.example", 7001, "me", "p@ ss+", 5));
    assertThat(read(Map.of("REDIS_URL", "redis://:word@h"), ""))
        .contains(redis("h", 6379, "", "word", 0));
    assertThat(read(Map.of("REDIS_URL", "rediss://h/"), "").orElseThrow().tls()).isTrue();
    assertThat(read(plain, "").orElseThrow().toString()).isEqualTo("Redis at cache.example:7001/5");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h:6379", "http://h:1", "redis://", "redis://:pa ss@h", "redis://h/x"})
  void aBadUrlIsRefusedAndNotShown(String url) throws Exception {
    assertThat(read(Map.of("REDIS_URL", url), "")).isEmpty();
    assertThat(configuration.problems()).hasSize(1);
    String told = configuration.problems().getFirst().toString();
    assertThat(told).contains("redis.url").contains("rediss://");
    assertThat(told).doesNotContain("pa ss");
  }
}
