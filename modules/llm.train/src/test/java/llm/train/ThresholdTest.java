package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llm.train.Threshold.Judged;
import org.junit.jupiter.api.Test;

class ThresholdTest {
  @Test
  void wrongAnswersOfLittleCertaintyAreBelowIt() {
    Threshold chosen =
        Threshold.choose(
            List.of(
                new Judged(0.9, true, false),
                new Judged(0.6, true, false),
                new Judged(0.5, false, true),
                new Judged(0.3, false, false)));

    assertThat(chosen.minProbability()).isBetween(0.51, 0.6);
    assertThat(chosen.right()).isEqualTo(0.75);
  }

  @Test
  void rightAnswersOfLittleCertaintyAreKept() {
    Threshold chosen =
        Threshold.choose(
            List.of(
                new Judged(0.4, true, false),
                new Judged(0.45, true, false),
                new Judged(0.5, false, false)));

    assertThat(chosen.minProbability()).isLessThanOrEqualTo(0.4);
    assertThat(chosen.right()).isEqualTo(2 / 3.0);
  }
}
