package llm.core.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.RedisProcess;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Measure;
import llm.domain.limit.Ruling;
import llm.domain.limit.Standing;
import llm.domain.limit.Ticket;
import llm.domain.port.LimitStore;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.RedisClient;

/** Limits that several servers share, by a real redis-server. */
class RedisLimitStoreTest {
  private static final AtomicInteger PREFIX = new AtomicInteger();
  private static final Duration LIFE = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  private static RedisProcess redis;

  private final String prefix = "l" + PREFIX.incrementAndGet() + ":";
  private final List<RedisStores> opened = new ArrayList<>();
  private final LimitStore store = open().limits();

  @BeforeAll
  static void startRedis() throws IOException {
    redis = RedisProcess.start(folder);
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  private RedisStores open() {
    var stores =
        RedisStores.open(
            Redises.of(redis, prefix),
            1_000,
            Duration.ofSeconds(10),
            3,
            new ManualClock(),
            new RecordingTelemetry(),
            Runnable::run);
    opened.add(stores);
    return stores;
  }

  @AfterEach
  void closeStores() {
    for (RedisStores stores : opened) {
      stores.logs().close();
      stores.values().close();
    }
  }

  private static Demand demand(String name, Measure measure, long limit, long amount) {
    return new Demand("rule", name, List.of(new Claim(measure, limit, amount)));
  }

  private Ruling ask(Demand... demands) throws StoreException {
    return store.admit(List.of(demands), "id", LIFE);
  }

  private Ticket admitted(Demand... demands) throws StoreException {
    return ((Ruling.Admitted) ask(demands)).ticket();
  }

  private static long left(Ruling ruling) {
    return ruling.standings().getFirst().remaining();
  }

  @Test
  void twoServersThatHammerOneRedisLetInExactlyAsMuchAsThereIs() throws Exception {
    int limit = 137;
    var let = new AtomicInteger();
    var ids = new AtomicInteger();
    var start = new CountDownLatch(1);
    var both = List.of(store, open().limits());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < 16; thread++) {
        LimitStore of = both.get(thread % 2);
        threads.submit(() -> {
          start.await();
          for (int i = 0; i < 20; i++) {
            var claims =
                List.of(
                    new Claim(Measure.REQUESTS_PER_MINUTE, limit, 1),
                    new Claim(Measure.MAX_CONCURRENT, 10_000, 1),
                    new Claim(Measure.TOKENS_PER_DAY, 1_000_000, 7));
            var demand = new Demand("hammered", "", claims);
            String id = "id" + ids.incrementAndGet();
            if (of.admit(List.of(demand), id, LIFE) instanceof Ruling.Admitted) {
              let.incrementAndGet();
            }
          }
          return null;
        });
      }
      start.countDown();
    }
    assertThat(let).hasValue(limit);
    var seen = new Demand("hammered", "", List.of(new Claim(Measure.TOKENS_PER_DAY, 1_000_000, 0)));
    assertThat(left(ask(seen))).isEqualTo(1_000_000 - 7 * limit);
  }

  @Test
  void allRulesOfARequestCountItOrNoneDoes() throws Exception {
    var wide = new Demand("wide", "", List.of(new Claim(Measure.REQUESTS_PER_DAY, 5, 1)));
    var narrow = new Demand("narrow", "", List.of(new Claim(Measure.REQUESTS_PER_MINUTE, 1, 1)));
    admitted(wide, narrow);
    for (int i = 0; i < 5; i++) {
      var refused = (Ruling.Refused) ask(wide, narrow);
      assertThat(refused.rule()).isEqualTo("narrow");
      assertThat(refused.retryAfter()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
    }
    assertThat(left(ask(wide))).isEqualTo(3);
  }

  @Test
  void whatWasNotTakenGoesBackAndWhatWasTakenMoreCounts() throws Exception {
    for (Measure measure : List.of(Measure.TOKENS_PER_DAY, Measure.TOKENS_PER_MINUTE)) {
      String name = measure.key();
      Ticket first = admitted(demand(name, measure, 100, 80));
      assertThat(ask(demand(name, measure, 100, 21))).isInstanceOf(Ruling.Refused.class);
      store.settle(first, 10, 0);
      Ruling second = ask(demand(name, measure, 100, 50));
      assertThat(left(second)).as(name).isEqualTo(40);
      store.settle(((Ruling.Admitted) second).ticket(), 95, 0);
      assertThat(left(ask(demand(name, measure, 100, 1)))).as(name).isZero();
    }
  }

  @Test
  void requestsAtOnceEndWithTheirSettlingOrTheirLife() throws Exception {
    var one = demand("", Measure.MAX_CONCURRENT, 2, 1);
    Ticket first = ((Ruling.Admitted) store.admit(List.of(one), "a", LIFE)).ticket();
    store.admit(List.of(one), "b", Duration.ofMillis(1));
    store.settle(first, 0, 0);
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (left(store.admit(List.of(demand("", Measure.MAX_CONCURRENT, 2, 0)), "z", LIFE)) < 1) {
      assertThat(System.nanoTime()).isLessThan(until);
    }
  }

  @Test
  void namesBeyondTheMostShareABucket() throws Exception {
    for (String name : List.of("a", "b", "c", "made-up")) {
      admitted(demand(name, Measure.REQUESTS_PER_DAY, 1, 1));
    }
    for (String name : List.of("a", "b", "c", "other", "more")) {
      assertThat(ask(demand(name, Measure.REQUESTS_PER_DAY, 1, 1)))
          .as(name)
          .isInstanceOf(Ruling.Refused.class);
    }
  }

  @Test
  void everyKeyEndsByItselfAndAllAreInOneSlotOfACluster() throws Exception {
    for (Measure measure : Measure.values()) {
      admitted(new Demand(measure.key().replace('_', '-'), "x", List.of(new Claim(measure, 9, 1))));
    }
    try (RedisClient client = RedisClients.create(Redises.of(redis, ""), Duration.ofSeconds(10))) {
      var tags = new HashSet<String>();
      for (String key : client.keys(prefix + "*")) {
        assertThat(client.pttl(key)).as(key).isPositive();
        if (!key.endsWith("llm:trial")) {
          tags.add(key.substring(key.indexOf('{'), key.indexOf('}') + 1));
        }
      }
      assertThat(tags).containsExactly("{llm-limits}");
    }
  }

  @Test
  void sumsOfADayAddUpAcrossServers() throws Exception {
    LocalDate day = LocalDate.parse("2026-03-01");
    opened.getFirst().sums().add(day, Map.of("a", 2L, "b", 1L));
    open().sums().add(day, Map.of("a", 3L));
    assertThat(opened.getFirst().sums().read(day)).isEqualTo(Map.of("a", 5L, "b", 1L));
    assertThat(opened.getFirst().sums().read(day.plusDays(1))).isEmpty();
  }

  @Test
  void standingsTellWhenAllIsThereAgain() throws Exception {
    Standing standing = ask(demand("s", Measure.REQUESTS_PER_MINUTE, 5, 1)).standings().getFirst();
    assertThat(standing.remaining()).isEqualTo(4);
    assertThat(standing.reset()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
  }

  @Test
  void aStoreThatWasClosedSaysSo() {
    store.close();
    assertThatThrownBy(() -> ask(demand("", Measure.REQUESTS_PER_DAY, 1, 1)))
        .isInstanceOf(StoreException.class);
  }
}
