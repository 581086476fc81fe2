package llm.core.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-5: pauses between tries, and the budget for them")
class BackoffTest {
  private static final RetrySettings BUILT_IN =
      new RetrySettings(
          3, Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ZERO, false, false, 0.2, 3);

  private final ManualClock clock = new ManualClock();
  private final RetryBudget budget = new RetryBudget(clock);

  @Test
  void pausesAreDrawnFromNothingToTwiceAsMuchEachTimeUpToTheCap() {
    long seed = Long.getLong("llm.test.seed", System.nanoTime());
    var random = new Random(seed);
    long[] most = {2, 4, 8, 10, 10};
    for (int n = 0; n < most.length; n++) {
      long longest = 0;
      long shortest = Long.MAX_VALUE;
      for (int i = 0; i < 2_000; i++) {
        long drawn = Backoff.pause(BUILT_IN, n, random).toNanos();
        longest = Math.max(longest, drawn);
        shortest = Math.min(shortest, drawn);
      }
      double limit = most[n] * 1e9;
      assertThat((double) longest).as("seed " + seed).isBetween(0.95 * limit, limit);
      assertThat((double) shortest).as("seed " + seed).isBetween(0.0, 0.05 * limit);
    }
    assertThat(Backoff.pause(BUILT_IN, 1_000_000, random)).isLessThan(Duration.ofSeconds(11));
  }

  @Test
  void noPauseIsDrawnWhereNoneIsWanted() {
    var none =
        new RetrySettings(
            3, Duration.ZERO, Duration.ofSeconds(1), Duration.ZERO, false, false, 0, 0);
    assertThat(Backoff.pause(none, 5, new Random(1))).isZero();
  }

  @Test
  void fiveAttemptsPayForARetry() {
    for (int i = 0; i < 4; i++) {
      budget.pay(0.2);
    }
    assertThat(budget.take(0)).isFalse();
    budget.pay(0.2);
    assertThat(budget.take(0)).isTrue();
    assertThat(budget.take(0)).isFalse();
  }

  @Test
  void theReserveFillsUpWithinAMinute() {
    assertThat(taken(3)).isEqualTo(3);
    clock.advance(Duration.ofSeconds(20));
    assertThat(taken(3)).isEqualTo(1);
    clock.advance(Duration.ofHours(1));
    assertThat(taken(3)).isEqualTo(3);
  }

  @Test
  void nobodySavesUpMoreThanTheBound() {
    for (int i = 0; i < 10_000; i++) {
      budget.pay(0.2);
    }
    assertThat(taken(0)).isEqualTo(RetryBudget.MOST_SAVED);
  }

  private int taken(int reserve) {
    int taken = 0;
    while (budget.take(reserve)) {
      taken++;
    }
    return taken;
  }
}
