package llm.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * From which certainty on an answer is given instead of the fallback.
 *
 * @param minProbability of the likeliest first token, 0 to 1
 * @param right the share of judged answers that are right by this rule, 0 to 1
 */
record Threshold(double minProbability, double right) {
  /** Answers below this are worth little, answers above are mostly meant. */
  private static final double LEAST = 0.2;

  private static final double MOST = 0.8;
  private static final int HUNDREDTHS = 100;

  /** A wrong answer that becomes the fallback misleads nobody, but answers nothing either. */
  private static final double WORTH_OF_SILENCE = 0.3;

  /**
   * An answer that was judged.
   *
   * @param certainty the probability of its first token
   * @param right whether all of it is as it should be
   * @param fallback whether the fallback is what it should be
   */
  record Judged(double certainty, boolean right, boolean fallback) {}

  /** The best for these answers, in hundredths; of equals, the one in the middle. */
  static Threshold choose(List<Judged> answers) {
    List<Integer> best = new ArrayList<>();
    double most = -1;
    for (int i = (int) (LEAST * HUNDREDTHS); i <= MOST * HUNDREDTHS; i++) {
      double worth = worth(answers, (double) i / HUNDREDTHS);
      if (worth > most) {
        best.clear();
        most = worth;
      }
      if (worth == most) {
        best.add(i);
      }
    }
    best.sort(Comparator.naturalOrder());
    double chosen = (double) best.get(best.size() / 2) / HUNDREDTHS;
    long right =
        answers.stream().filter(a -> a.certainty() < chosen ? a.fallback() : a.right()).count();
    return new Threshold(chosen, answers.isEmpty() ? 0 : (double) right / answers.size());
  }

  private static double worth(List<Judged> answers, double threshold) {
    double worth = 0;
    for (Judged answer : answers) {
      boolean silent = answer.certainty() < threshold;
      boolean right = silent ? answer.fallback() : answer.right();
      worth += right ? 1 : silent && !answer.right() ? WORTH_OF_SILENCE : 0;
    }
    return worth;
  }
}
