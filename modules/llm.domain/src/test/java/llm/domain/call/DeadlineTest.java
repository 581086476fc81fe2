package llm.domain.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineTest {

  /** The last origin makes the clock overflow within the budget, as System.nanoTime() may. */
  @ParameterizedTest
  @ValueSource(longs = {0, -5_000_000_000L, Long.MAX_VALUE - 1_000})
  void passesWhenItsBudgetIsUsedUp(long start) {
    var deadline = Deadline.after(start, Duration.ofSeconds(2));
    assertThat(deadline.remaining(start)).isEqualTo(Duration.ofSeconds(2));
    assertThat(deadline.hasPassed(start + 1_999_999_999L)).isFalse();
    assertThat(deadline.remaining(start + 1_999_999_999L)).isEqualTo(Duration.ofNanos(1));
    assertThat(deadline.hasPassed(start + 2_000_000_000L)).isTrue();
    assertThat(deadline.remaining(start + 9_000_000_000L)).isZero();
  }

  @Test
  void givesWayToAnEarlierOne() {
    var early = Deadline.after(0, Duration.ofSeconds(1));
    var late = Deadline.after(0, Duration.ofSeconds(2));
    assertThat(early.min(late)).isSameAs(early);
    assertThat(late.min(early)).isSameAs(early);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S"})
  void refusesABudgetThatIsNotPositive(Duration budget) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Deadline.after(0, budget))
        .withMessage("budget " + budget + " must be positive");
  }
}
