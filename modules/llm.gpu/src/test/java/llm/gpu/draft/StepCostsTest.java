package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class StepCostsTest {
  private static final Offset<Double> CLOSE = Offset.offset(1e-6);

  private final StepCosts costs = new StepCosts(20);

  /** A plain step of one token, which the others are compared with. */
  private void plain(long nanos) {
    costs.took(1, 0, nanos);
  }

  private void drafting(int tokens, long nanos) {
    costs.took(tokens, tokens - 1, nanos);
  }

  @Test
  void allCostsTheSameBeforeTheFirstStep() {
    assertThat(costs.of(3)).isEqualTo(1);
    assertThat(costs.isFresh(1)).isFalse();
    assertThat(costs.isKnown(3)).isFalse();
    assertThat(costs.nanos(3)).isZero();
  }

  @Test
  void whatWasNotSeenLiesOnTheLineThroughItsNeighbours() {
    plain(100);
    assertThat(costs.of(9)).isEqualTo(1);
    drafting(5, 300);
    assertThat(costs.of(5)).isCloseTo(3, CLOSE);
    assertThat(costs.of(3)).isCloseTo(2, CLOSE);
    assertThat(costs.of(9)).isCloseTo(5, CLOSE);
    assertThat(costs.nanos(3)).isCloseTo(200, CLOSE);
    drafting(8, 200);
    assertThat(costs.of(12)).as("more tokens take no less time").isCloseTo(3, CLOSE);
  }

  @Test
  void aStepIsComparedWithPlainOnesOfTheMomentBefore() {
    plain(100);
    drafting(4, 200);
    for (int i = 0; i < 5; i++) {
      plain(1000);
    }
    drafting(4, 2000);
    drafting(4, 2000);
    assertThat(costs.of(4)).isCloseTo(2, CLOSE);
    assertThat(costs.isKnown(4)).as("after three comparisons").isTrue();
  }

  @Test
  void oneStepThatWasHeldUpDoesNotCount() {
    plain(100);
    drafting(4, 200);
    drafting(4, 9000);
    drafting(4, 220);
    assertThat(costs.of(4)).isCloseTo(2.2, CLOSE);
  }

  @Test
  void aPlainStepIsFreshForAWhile() {
    plain(100);
    assertThat(costs.isFresh(1)).isTrue();
    for (int i = 0; i < 64; i++) {
      drafting(4, 200);
    }
    assertThat(costs.isFresh(1)).isFalse();
    plain(100);
    assertThat(costs.isFresh(1)).isTrue();
  }

  @Test
  void longAfterAPlainStepNothingIsCompared() {
    plain(100);
    for (int i = 0; i < 20; i++) {
      drafting(4, 200);
    }
    drafting(6, 900);
    assertThat(costs.isKnown(6)).isFalse();
    assertThat(costs.of(6)).as("on the line").isCloseTo(2 + 2. / 3, CLOSE);
  }

  @Test
  void plainStepsOfSeveralAnswersTellThePaceToo() {
    plain(100);
    costs.took(2, 0, 150);
    assertThat(costs.of(2)).isCloseTo(1.5, CLOSE);
    for (int i = 0; i < 40; i++) {
      costs.took(2, 0, 1500);
    }
    costs.took(4, 2, 3000);
    assertThat(costs.of(4) / costs.of(2)).isCloseTo(2, CLOSE);
  }

  @Test
  void stepsOfMoreTokensThanItIsForAreLeftOut() {
    costs.took(21, 0, 1);
    assertThat(costs.of(20)).isEqualTo(1);
    assertThat(costs.isKnown(21)).isTrue();
  }

  @Test
  void aClockThatStandsMakesAllStepsCostTheSame() {
    plain(0);
    drafting(8, 0);
    assertThat(costs.of(8)).isEqualTo(1);
  }
}
