package llm.train;

import java.util.List;

/**
 * From which certainty on an answer is given instead of the fallback: as little as sends {@link
 * #GOAL} of the questions there that have no answer, so that as many as can be are answered.
 *
 * @param minProbability of the likeliest first token, 0 to 1
 * @param right the share of judged answers that are right by this rule, 0 to 1
 */
record Threshold(double minProbability, double right) {
  /** How many of the questions that are due the fallback have it, 0 to 1. */
  static final double GOAL = 0.9;

  /** Answers below this are worth little, answers above are mostly meant. In hundredths. */
  private static final int LEAST = 20;

  private static final int MOST = 80;
  private static final double HUNDREDTHS = 100;

  /**
   * An answer that was judged.
   *
   * @param certainty the probability of its first token
   * @param right whether all of it is as it should be
   * @param fallback whether the fallback is what it should be
   */
  record Judged(double certainty, boolean right, boolean fallback) {
    private boolean isRight(double threshold) {
      return certainty < threshold ? fallback : right;
    }
  }

  /** The one for these answers, in hundredths; the most there is where none reaches the goal. */
  static Threshold choose(List<Judged> answers) {
    List<Judged> due = answers.stream().filter(Judged::fallback).toList();
    int chosen = LEAST;
    while (chosen < MOST && right(due, chosen / HUNDREDTHS) < GOAL) {
      chosen++;
    }
    return new Threshold(chosen / HUNDREDTHS, right(answers, chosen / HUNDREDTHS));
  }

  private static double right(List<Judged> answers, double threshold) {
    long right = answers.stream().filter(answer -> answer.isRight(threshold)).count();
    return answers.isEmpty() ? 1 : (double) right / answers.size();
  }
}
