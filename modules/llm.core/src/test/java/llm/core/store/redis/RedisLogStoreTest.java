package llm.core.store.redis;

import static llm.core.store.Points.ID;
import static llm.core.store.Points.at;
import static llm.core.store.Points.identity;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.config.Secret;
import llm.core.store.LogStoreContract;
import llm.core.telemetry.Level;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract by a real redis-server. */
class RedisLogStoreTest extends LogStoreContract {
  private static final AtomicInteger PREFIX = new AtomicInteger();
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);
  private static final String FEW_RIGHTS =
      "~* +@read +@write +@scripting +@connection +info"; // as docs/deploy/stores.md says
  private static final LogKey A = new LogKey("test", "a");

  @TempDir private static Path folder;
  private static RedisProcess redis;

  private final String prefix = "t" + PREFIX.incrementAndGet() + ":";
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  @BeforeAll
  static void startRedis() throws IOException {
    redis = RedisProcess.start(folder);
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @Override
  protected LogStore open() {
    return open(Redises.of(redis, prefix));
  }

  private LogStore open(RedisSettings settings) {
    var stores =
        RedisStores.open(settings, APPEND_BYTES, TIME_LIMIT, clock, telemetry, Runnable::run);
    stores.values().close();
    return stores.logs();
  }

  @Override
  protected LogStore reopen(LogStore open) {
    open.close();
    return open();
  }

  @Test
  void itIsSharedAndSaysWhatTheServerKeeps() throws Exception {
    assertThat(store.durability()).isEqualTo(Durability.SHARED);
    assertThat(store.isAvailable()).isTrue();
    var described = telemetry.events("redis_described").getFirst();
    assertThat(described.text("version")).contains("7.0.15");
    assertThat(described.text("append_only")).contains("true");
    assertThat(telemetry.events("redis_not_durable")).isEmpty();
    try (var other = open()) {
      append(A, 0, "by one");
      other.append(A, at(1), List.of("by the other"), Optional.empty());
      refused(Reason.CONFLICT, () -> append(A, 1, "too late"));
      assertThat(store.read(A, 0, 9).records())
          .containsExactly(new LogRecord(0, "by one"), new LogRecord(1, "by the other"));
    }
    try (var elsewhere = open(Redises.of(redis, "another" + prefix))) {
      assertThat(elsewhere.find(A)).isEmpty();
    }
  }

  @Test
  void whileItIsAwayNobodyWaitsAndItComesBackByItself() throws Exception {
    append(A, 0, "before");
    redis.kill();
    try {
      refused(Reason.UNAVAILABLE, () -> append(A, 1, "after"));
      assertThat(store.isAvailable()).isFalse();
      refused(Reason.UNAVAILABLE, () -> store.read(A, 0, 1).records());
      try (var second = open()) {
        assertThat(second.isAvailable()).as("opened while it is away").isFalse();
      }
    } finally {
      redis.start();
    }
    refused(Reason.UNAVAILABLE, () -> append(A, 1, "after")); // not looked for yet
    clock.advance(Duration.ofSeconds(1));
    assertThat(store.isAvailable()).isTrue();
    append(A, 1, "after");
    assertThat(store.read(A, 0, 9).records())
        .containsExactly(new LogRecord(0, "before"), new LogRecord(1, "after"));
    assertThat(telemetry.events("redis_unavailable").getFirst().level()).isEqualTo(Level.WARN);
    assertThat(telemetry.events("redis_connected")).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void aRestartBetweenTwoQuestionsIsNotNoticed() throws Exception {
    append(A, 0, "before");
    redis.kill();
    redis.start();
    append(A, 1, "after");
    redis.kill();
    redis.start();
    assertThat(store.delete(A, ID)).isTrue();
    assertThat(telemetry.events("redis_unavailable")).isEmpty();
  }

  @Test
  void whatIsFullOrSomebodyElsesIsTold(@TempDir Path other) throws Exception {
    try (var small = RedisProcess.start(other, "--maxmemory", "9mb");
        var full = open(Redises.of(small, ""))) {
      String text = "x".repeat(1 << 20);
      refused(
          Reason.FULL,
          () -> {
            for (int i = 0; i < 30; i++) {
              full.append(A, at(i), List.of(text), Optional.empty());
            }
            return null;
          });
      assertThat(full.isAvailable()).isTrue();
      assertThat(full.delete(A, ID)).as("makes room").isTrue();
      full.append(A, at(0), List.of("x"), Optional.empty());

      try (var client = RedisClients.create(Redises.of(small, ""), TIME_LIMIT)) {
        client.set("log:{test}:b", "of another program");
      }
      refused(Reason.DAMAGED, () -> full.find(new LogKey("test", "b")));
      assertThat(full.isAvailable()).isTrue();
    }
  }

  @Test
  void aPasswordAndADatabaseAreGiven(@TempDir Path other) throws Exception {
    try (var closed = RedisProcess.start(other, "--requirepass", "s3cret", "--appendonly", "no")) {
      var without = Redises.of(closed, "");
      try (var refused = open(without)) {
        assertThat(refused.isAvailable()).isFalse();
        refused(Reason.UNAVAILABLE, () -> refused.find(A));
      }
      var with =
          new RedisSettings(
              without.host(),
              without.port(),
              Optional.empty(),
              Optional.of(new Secret("s3cret")),
              3,
              false,
              Optional.empty(),
              "",
              1);
      try (var open = open(with)) {
        open.append(A, at(0), List.of("x"), Optional.empty());
        assertThat(open.find(A)).isPresent();
      }
      assertThat(telemetry.events("redis_not_durable")).hasSize(1);
      assertThat(telemetry.events().toString()).doesNotContain("s3cret");
      try (var client = RedisClients.create(with, TIME_LIMIT)) {
        assertThat(client.info("keyspace")).contains("db3:keys=4");
      }
    }
  }

  @Test
  void aUserWithFewRightsIsEnough(@TempDir Path other) throws Exception {
    try (var guarded =
        RedisProcess.start(other, ("--user few on >word " + FEW_RIGHTS).split(" "))) {
      var plain = Redises.of(guarded, "");
      var few =
          new RedisSettings(
              plain.host(),
              plain.port(),
              Optional.of("few"),
              Optional.of(new Secret("word")),
              1,
              false,
              Optional.empty(),
              "",
              1);
      try (var open = open(few)) {
        open.append(A, at(0), List.of("x", "y"), Optional.of("head"));
        open.compact(A, at(0), "s");
        assertThat(open.read(A, 0, 9).records()).hasSize(2);
        assertThat(open.list("test", Optional.empty(), 9)).hasSize(1);
        assertThat(open.delete(A, ID)).isTrue();
      }
      assertThat(telemetry.events("redis_not_described")).isEmpty();
    }
  }

  @Test
  void aLogOfTheVersionBeforeIdentitiesIsReadAndGoesOn() throws Exception {
    try (var client = RedisClients.create(Redises.of(redis, prefix), TIME_LIMIT)) {
      var hash = Map.of("end", "2", "first", "0", "at", "1767323045006", "head", "head");
      client.hset(prefix + "log:{test}:a", hash);
      client.rpush(prefix + "records:{test}:a", "one", "two");
      client.zadd(prefix + "logs:{test}", 0, "a");
    }
    assertThat(store.list("test", Optional.empty(), 9))
        .containsExactly(new LogInfo(A, new LogPoint(LogIdentity.NONE, 2), "head", clock.now()));
    goesOnWithoutIdentityUntilItIsRemoved(A);
  }

  @Test
  void whoHoldsALogThatAnotherServerMadeAgainIsRefused() throws Exception {
    append(A, 0, "old 0", "old 1");
    try (var other = open()) {
      LogIdentity young = identity(2);
      assertThat(other.delete(A, ID)).isTrue();
      other.append(A, LogPoint.beginOf(young), List.of("new 0", "new 1"), Optional.empty());
      refused(Reason.CONFLICT, () -> append(A, 2, "old 2"));
      assertThat(store.delete(A, ID)).isFalse();
      assertThat(store.read(A, 0, 9)).isEqualTo(other.read(A, 0, 9));
      assertThat(store.read(A, 0, 9).identity()).isEqualTo(young);
    }
  }
}
