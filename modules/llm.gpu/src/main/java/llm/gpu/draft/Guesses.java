package llm.gpu.draft;

import java.util.Arrays;
import java.util.List;

/** The guesses of several answers in the order of their likelihood. One step each; one thread. */
final class Guesses {
  private final List<Drafting> answers;
  private final double[] next; // by answer: how likely its next guess is right
  private final double[] expected; // by answer: tokens of the step, its certain one included
  private final int[] taken; // by answer
  private final int[] order; // whose guess was taken
  private int count;

  Guesses(List<Drafting> answers, int most) {
    this.answers = answers;
    this.next = new double[answers.size()];
    this.expected = new double[answers.size()];
    this.taken = new int[answers.size()];
    this.order = new int[Math.max(0, most)];
    for (int i = 0; i < next.length; i++) {
      next[i] = answers.get(i).found() > 0 ? answers.get(i).likelihood(0) : 0;
      expected[i] = 1;
    }
  }

  /** Guesses that were taken. */
  int count() {
    return count;
  }

  /** How likely the next one is right; 0 when there is none. */
  double next() {
    return next[likeliest()];
  }

  /** Takes the next one, or first one of an answer that is expected to get less than this. */
  void take(double least) {
    int answer = poorest();
    if (expected[answer] >= least || next[answer] == 0) {
      answer = likeliest();
    }
    expected[answer] += next[answer];
    order[count++] = answer;
    Drafting drafting = answers.get(answer);
    boolean more = ++taken[answer] < drafting.found();
    next[answer] = more ? next[answer] * drafting.likelihood(taken[answer]) : 0;
  }

  /** Tokens that the step is expected to bring, of all answers. */
  double expected() {
    return Arrays.stream(expected).sum();
  }

  /** Those of the answer that gets the fewest. */
  double leastExpected() {
    return expected[poorest()];
  }

  /** Lets the first {@code many} that were taken be tried. */
  void plan(int many) {
    Arrays.fill(taken, 0);
    for (int i = 0; i < many; i++) {
      taken[order[i]]++;
    }
    for (int i = 0; i < taken.length; i++) {
      answers.get(i).plan(taken[i]);
    }
  }

  private int poorest() {
    int least = 0;
    for (int i = 1; i < expected.length; i++) {
      least = expected[i] < expected[least] ? i : least;
    }
    return least;
  }

  private int likeliest() {
    int best = 0;
    for (int i = 1; i < next.length; i++) {
      best = next[i] > next[best] ? i : best;
    }
    return best;
  }
}
