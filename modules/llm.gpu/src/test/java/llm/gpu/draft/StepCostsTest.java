package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class StepCostsTest {
  private static final Offset<Double> CLOSE = Offset.offset(1e-6);

  private final StepCosts costs = new StepCosts(20);

  @Test
  void nothingIsKnownBeforeTheFirstStep() {
    assertThat(costs.of(3)).isZero();
    assertThat(costs.isFresh(3)).isFalse();
    assertThat(costs.largest()).isZero();
  }

  @Test
  void whatWasNotSeenLiesOnTheLineThroughItsNeighbours() {
    costs.took(2, 100);
    assertThat(costs.of(1)).isEqualTo(100);
    assertThat(costs.of(9)).isEqualTo(100);
    costs.took(6, 300);
    assertThat(costs.of(4)).isCloseTo(200, CLOSE);
    assertThat(costs.of(10)).isCloseTo(500, CLOSE);
    costs.took(8, 200);
    assertThat(costs.of(12)).as("more tokens take no less time").isCloseTo(300, CLOSE);
  }

  @Test
  void quickerStepsCountMoreThanSlowerOnes() {
    costs.took(1, 1000);
    costs.took(1, 2000);
    assertThat(costs.of(1)).isLessThan(1200);
    costs.took(1, 500);
    assertThat(costs.of(1)).isLessThan(850);
  }

  @Test
  void whatWasNotSeenForLongIsNotFreshAndLearnsQuickly() {
    costs.took(1, 1000);
    assertThat(costs.isFresh(1)).isTrue();
    for (int i = 0; i < 64; i++) {
      costs.took(2, 1000);
    }
    assertThat(costs.isFresh(1)).isFalse();
    costs.took(1, 3000);
    assertThat(costs.of(1)).isCloseTo(2000, CLOSE);
    assertThat(costs.isFresh(1)).isTrue();
  }

  @Test
  void stepsOfMoreTokensThanItIsForAreLeftOut() {
    costs.took(21, 1);
    assertThat(costs.largest()).isZero();
  }

  @Test
  void aClockThatStandsIsNoStepThatWasNotSeen() {
    costs.took(1, 0);
    assertThat(costs.isFresh(1)).isTrue();
    assertThat(costs.of(1)).isPositive();
  }
}
