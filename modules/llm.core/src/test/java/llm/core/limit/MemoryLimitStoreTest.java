package llm.core.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.ManualClock;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Measure;
import llm.domain.limit.Ruling;
import llm.domain.limit.Standing;
import org.junit.jupiter.api.Test;

class MemoryLimitStoreTest {
  private static final Duration LIFE = Duration.ofMinutes(1);

  private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T23:59:30.250Z"));
  private final MemoryLimitStore store = new MemoryLimitStore(clock, 3);

  private static Demand demand(String name, Measure measure, long limit, long amount) {
    return new Demand("rule", name, List.of(new Claim(measure, limit, amount)));
  }

  private boolean admits(Demand... demands) {
    return store.admit(List.of(demands), "id", LIFE) instanceof Ruling.Admitted;
  }

  private Ruling.Admitted admitted(Demand... demands) {
    return (Ruling.Admitted) store.admit(List.of(demands), "id", LIFE);
  }

  private Ruling.Refused refused(Demand... demands) {
    return (Ruling.Refused) store.admit(List.of(demands), "id", LIFE);
  }

  @Test
  void manyThreadsGetExactlyAsMuchAsThereIs() throws Exception {
    int limit = 1_000;
    var let = new AtomicInteger();
    var start = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < 64; thread++) {
        threads.submit(() -> {
          start.await();
          for (int i = 0; i < 50; i++) {
            if (admits(demand("", Measure.REQUESTS_PER_MINUTE, limit, 1))) {
              let.incrementAndGet();
            }
          }
          return null;
        });
      }
      start.countDown();
    }
    assertThat(let).hasValue(limit);
  }

  @Test
  void noSixtySecondsEverSeeMoreThanTheLimitAndNoneCountsLongerThanSixtyOne() {
    long seed = Long.getLong("llm.test.seed", System.nanoTime());
    var random = new SplittableRandom(seed);
    int limit = 20;
    var let = new ArrayDeque<Long>();
    for (int i = 0; i < 20_000; i++) {
      clock.advance(Duration.ofMillis(random.nextInt(10) == 0 ? random.nextInt(9_000) : 7));
      long now = clock.now().toEpochMilli();
      boolean in = admits(demand("", Measure.REQUESTS_PER_MINUTE, limit, 1));
      let.removeIf(at -> at + 61_000 <= now);
      long within61 = let.size();
      long within60 = let.stream().filter(at -> at + 60_000 > now).count();
      if (in) {
        assertThat(within60).as("seed %d, step %d", seed, i).isLessThan(limit);
        let.add(now);
      } else {
        assertThat(within61).as("seed %d, step %d", seed, i).isGreaterThanOrEqualTo(limit);
      }
    }
  }

  @Test
  void whoKeepsToThePaceOfALimitIsNeverRefused() {
    for (int i = 0; i < 300; i++) {
      assertThat(admits(demand("", Measure.REQUESTS_PER_MINUTE, 60, 1)))
          .as("second %d", i)
          .isTrue();
      clock.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void aRefusalSaysWhenThereIsRoomAndThereIs() {
    admitted(demand("", Measure.TOKENS_PER_MINUTE, 100, 60));
    clock.advance(Duration.ofSeconds(20));
    admitted(demand("", Measure.TOKENS_PER_MINUTE, 100, 30));
    Ruling.Refused refusal = refused(demand("", Measure.TOKENS_PER_MINUTE, 100, 50));

    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(40));
    clock.advance(Duration.ofSeconds(40).minusMillis(1));
    assertThat(admits(demand("", Measure.TOKENS_PER_MINUTE, 100, 50))).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(admits(demand("", Measure.TOKENS_PER_MINUTE, 100, 50))).isTrue();
  }

  @Test
  void aDayEndsAtMidnightToTheMillisecond() {
    var one = demand("", Measure.REQUESTS_PER_DAY, 1, 1);
    assertThat(admits(one)).isTrue();
    assertThat(refused(one).retryAfter()).isEqualTo(Duration.ofMillis(29_750));
    clock.advance(Duration.ofMillis(29_749));
    assertThat(admits(one)).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(admits(one)).isTrue();
  }

  @Test
  void allRulesOfARequestCountItOrNoneDoes() {
    var wide = new Demand("wide", "", List.of(new Claim(Measure.REQUESTS_PER_DAY, 5, 1)));
    var narrow = new Demand("narrow", "", List.of(new Claim(Measure.REQUESTS_PER_DAY, 1, 1)));
    assertThat(admits(wide, narrow)).isTrue();
    for (int i = 0; i < 10; i++) {
      assertThat(refused(wide, narrow).rule()).isEqualTo("narrow");
    }
    assertThat(admitted(wide).standings()).extracting(Standing::remaining).containsExactly(3L);
  }

  @Test
  void whatWasNotTakenGoesBackAndWhatWasTakenMoreCounts() {
    var first = admitted(demand("", Measure.TOKENS_PER_DAY, 100, 80));
    assertThat(admits(demand("", Measure.TOKENS_PER_DAY, 100, 21))).isFalse();
    store.settle(first.ticket(), 10, 0);
    var second = admitted(demand("", Measure.TOKENS_PER_DAY, 100, 50));
    assertThat(second.standings().getFirst().remaining()).isEqualTo(40);
    store.settle(second.ticket(), 95, 0);
    assertThat(refused(demand("", Measure.TOKENS_PER_DAY, 100, 1)).standings())
        .extracting(Standing::remaining)
        .containsExactly(0L);
  }

  @Test
  void aReservationOfTheLastMinuteGivesNothingBackToThisOne() {
    var long1 = admitted(demand("", Measure.TOKENS_PER_MINUTE, 100, 90));
    clock.advance(Duration.ofSeconds(61));
    admitted(demand("", Measure.TOKENS_PER_MINUTE, 100, 40));
    store.settle(long1.ticket(), 5, 0);
    assertThat(admits(demand("", Measure.TOKENS_PER_MINUTE, 100, 61))).isFalse();
    assertThat(admits(demand("", Measure.TOKENS_PER_MINUTE, 100, 60))).isTrue();
  }

  @Test
  void whatWasReservedYesterdayIsSettledYesterday() {
    var yesterday = admitted(demand("", Measure.COST_PER_DAY, 1_000, 900));
    clock.advance(Duration.ofMinutes(1));
    var today = admitted(demand("", Measure.COST_PER_DAY, 1_000, 100));
    store.settle(yesterday.ticket(), 0, 1_000_000);
    store.settle(today.ticket(), 0, 300);
    assertThat(admitted(demand("", Measure.COST_PER_DAY, 1_000, 0)).standings())
        .extracting(Standing::remaining)
        .containsExactly(700L);
  }

  @Test
  void requestsAtOnceEndWithTheirSettling() {
    var one = admitted(demand("", Measure.MAX_CONCURRENT, 2, 1));
    admitted(demand("", Measure.MAX_CONCURRENT, 2, 1));
    assertThat(admits(demand("", Measure.MAX_CONCURRENT, 2, 1))).isFalse();
    store.settle(one.ticket(), 0, 0);
    assertThat(admits(demand("", Measure.MAX_CONCURRENT, 2, 1))).isTrue();
  }

  @Test
  void namesBeyondTheMostShareABucketAndPushNobodyOut() {
    for (String name : List.of("a", "b", "c")) {
      admitted(demand(name, Measure.REQUESTS_PER_DAY, 1, 1));
    }
    assertThat(admits(demand("made-up-1", Measure.REQUESTS_PER_DAY, 1, 1))).isTrue();
    for (int i = 2; i < 1_000; i++) {
      assertThat(admits(demand("made-up-" + i, Measure.REQUESTS_PER_DAY, 1, 1))).isFalse();
    }
    for (String name : List.of("a", "b", "c")) {
      assertThat(admits(demand(name, Measure.REQUESTS_PER_DAY, 1, 1))).as(name).isFalse();
    }
    clock.advance(Duration.ofDays(1)); // their buckets are unused by now, and given away
    for (String name : List.of("d", "e")) {
      assertThat(admits(demand(name, Measure.REQUESTS_PER_DAY, 1, 1))).as(name).isTrue();
    }
  }

  @Test
  void theDaysCountsGoOnInAnotherProcessUntilTheDayIsOver() {
    admitted(demand("a", Measure.TOKENS_PER_DAY, 100, 70));
    var next = new MemoryLimitStore(clock, 3);
    next.goOn(store.today());
    var ask = List.of(demand("a", Measure.TOKENS_PER_DAY, 100, 31));
    assertThat(next.admit(ask, "id", LIFE)).isInstanceOf(Ruling.Refused.class);

    clock.advance(Duration.ofMinutes(1));
    var tomorrow = new MemoryLimitStore(clock, 3);
    tomorrow.goOn(store.today());
    assertThat(tomorrow.admit(ask, "id", LIFE)).isInstanceOf(Ruling.Admitted.class);
  }
}
