package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import llm.train.Threshold.Judged;
import org.junit.jupiter.api.Test;

class ThresholdTest {
  @Test
  void wrongAnswersToWhatHasNoneAreBelowIt() {
    Threshold chosen =
        Threshold.choose(
            List.of(
                new Judged(0.9, true, false),
                new Judged(0.6, true, false),
                new Judged(0.5, false, true),
                new Judged(0.3, false, false)));

    assertThat(chosen.minProbability()).isEqualTo(0.51);
    assertThat(chosen.right()).isEqualTo(0.75);
  }

  @Test
  void itRisesNoFurtherThanNineInTenNeedIt() {
    List<Judged> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      answers.add(new Judged(0.9, true, true)); // says itself that it does not know
    }
    answers.add(new Judged(0.4, false, true));
    answers.add(new Judged(0.7, false, true));
    answers.add(new Judged(0.5, true, false));

    Threshold chosen = Threshold.choose(answers);

    assertThat(chosen.minProbability()).isEqualTo(0.41);
    assertThat(chosen.right()).isEqualTo(10 / 11.0);
  }

  @Test
  void rightAnswersOfLittleCertaintyAreKeptWhereNothingIsLost() {
    Threshold chosen =
        Threshold.choose(
            List.of(
                new Judged(0.4, true, false),
                new Judged(0.45, true, false),
                new Judged(0.5, false, false)));

    assertThat(chosen.minProbability()).isEqualTo(0.2);
    assertThat(chosen.right()).isEqualTo(2 / 3.0);
  }

  @Test
  void certainMistakesRaiseItToItsLimitAlone() {
    assertThat(Threshold.choose(List.of(new Judged(0.99, false, true))))
        .isEqualTo(new Threshold(0.8, 0));
  }
}
