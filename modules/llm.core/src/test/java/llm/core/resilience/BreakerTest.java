package llm.core.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llm.core.resilience.Breaker.State;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-6: breakers")
class BreakerTest {
  private static final BreakerSettings BUILT_IN = new BreakerSettings(5, Duration.ofSeconds(60), 3);

  private final ManualClock clock = new ManualClock();
  private final List<State> trail = new ArrayList<>();
  private final Breaker breaker = new Breaker(clock, this::changed);

  private void changed() {
    trail.add(breaker.state());
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed(breaker.enter(BUILT_IN), BUILT_IN);
    }
  }

  @Test
  void fiveFailuresInARowOpenIt() {
    fail(4);
    breaker.succeeded(breaker.enter(BUILT_IN));
    fail(4);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    fail(1);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.enter(BUILT_IN)).isEqualTo(Breaker.REFUSED);
    assertThat(breaker.untilTrial()).isEqualTo(Duration.ofSeconds(60));
    assertThat(breaker.failures()).isEqualTo(5);
  }

  @Test
  void afterItsTimeThreeAtOnceTryAndOneThatFaresWellIsEnough() {
    fail(5);
    clock.advance(Duration.ofSeconds(60));
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    long first = breaker.enter(BUILT_IN);
    breaker.enter(BUILT_IN);
    breaker.enter(BUILT_IN);
    assertThat(breaker.enter(BUILT_IN)).isEqualTo(Breaker.REFUSED);

    breaker.began(first);
    assertThat(breaker.enter(BUILT_IN)).isNotEqualTo(Breaker.REFUSED);
    assertThat(trail).containsExactly(State.OPEN, State.HALF_OPEN, State.CLOSED);
    fail(4);
    assertThat(breaker.state()).as("it counts anew").isEqualTo(State.CLOSED);
  }

  @Test
  void aTrialThatFailsOpensItAgain() {
    fail(5);
    clock.advance(Duration.ofSeconds(61));
    long first = breaker.enter(BUILT_IN);
    long second = breaker.enter(BUILT_IN);
    breaker.failed(first, BUILT_IN);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    breaker.succeeded(second); // of the time before
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    clock.advance(Duration.ofSeconds(59));
    assertThat(breaker.enter(BUILT_IN)).isEqualTo(Breaker.REFUSED);
  }

  @Test
  void aTrialThatSaysNothingGivesItsPlaceBack() {
    fail(5);
    clock.advance(Duration.ofSeconds(60));
    long first = breaker.enter(BUILT_IN);
    breaker.enter(BUILT_IN);
    breaker.enter(BUILT_IN);
    breaker.abandoned(first);
    assertThat(breaker.enter(BUILT_IN)).isNotEqualTo(Breaker.REFUSED);
    assertThat(breaker.enter(BUILT_IN)).isEqualTo(Breaker.REFUSED);
  }

  @Test
  void whoWasLetThroughBeforeItOpenedSaysNothingLater() {
    long early = breaker.enter(BUILT_IN);
    fail(5);
    clock.advance(Duration.ofSeconds(60));
    breaker.enter(BUILT_IN);
    breaker.failed(early, BUILT_IN);
    breaker.abandoned(early);
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
  }
}
