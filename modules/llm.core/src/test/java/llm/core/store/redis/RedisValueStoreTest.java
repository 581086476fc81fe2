package llm.core.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.store.ValueStoreContract;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import llm.domain.port.ValueStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.RedisClient;

/** The contract of values by a real redis-server. */
class RedisValueStoreTest extends ValueStoreContract {
  private static final AtomicInteger PREFIX = new AtomicInteger();
  private static final int VALUE_BYTES = 1_000;

  @TempDir private static Path folder;
  private static RedisProcess redis;

  private final String prefix = "v" + PREFIX.incrementAndGet() + ":";

  @BeforeAll
  static void startRedis() throws IOException {
    redis = RedisProcess.start(folder);
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @Override
  protected ValueStore open() {
    var stores =
        RedisStores.open(
            Redises.of(redis, prefix),
            VALUE_BYTES,
            Duration.ofSeconds(10),
            new ManualClock(),
            new RecordingTelemetry(),
            Runnable::run);
    stores.logs().close();
    return stores.values();
  }

  /** Redis has its own clock: keys end when it is told that they do. */
  @Override
  protected void pass(Duration time) {
    try (RedisClient client = RedisClients.create(Redises.of(redis, ""), Duration.ofSeconds(10))) {
      for (String key : client.keys(prefix + "*")) {
        client.pexpire(key, Math.max(0, client.pttl(key) - time.toMillis()));
      }
    }
  }

  @Test
  void aValueHasTheKeyThatItWasGivenAndALife() throws Exception {
    values.put("summary:session:0f", "text", Duration.ofSeconds(100));
    try (RedisClient client = RedisClients.create(Redises.of(redis, ""), Duration.ofSeconds(10))) {
      assertThat(client.get(prefix + "summary:session:0f")).isEqualTo("text");
      assertThat(client.pttl(prefix + "summary:session:0f")).isBetween(50_000L, 100_000L);
    }
  }

  @Test
  void whatIsTooLargeIsNotKeptNorWhatItReplaces() throws Exception {
    values.put("k", "x".repeat(VALUE_BYTES), Duration.ofHours(1));
    assertThat(values.get("k")).isPresent();
    values.put("k", "x".repeat(VALUE_BYTES + 1), Duration.ofHours(1));
    assertThat(values.get("k")).isEqualTo(Optional.empty());
  }
}
