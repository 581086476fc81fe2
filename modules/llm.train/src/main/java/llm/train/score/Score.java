package llm.train.score;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/**
 * What came of all questions.
 *
 * @param outcomes in the order of the test set, at least one
 */
record Score(List<Outcome> outcomes) {

  Score {
    outcomes = List.copyOf(outcomes);
    if (outcomes.isEmpty()) {
      throw new IllegalArgumentException("no question was asked");
    }
  }

  /** How many of some questions were answered rightly. */
  record Tally(int right, int all) {

    /** In per cent; 0 of none. */
    double percent() {
      return all == 0 ? 0 : 100.0 * right / all;
    }
  }

  /** Of the questions that {@code which} holds for. */
  Tally tally(Predicate<Question> which) {
    List<Outcome> chosen =
        outcomes.stream().filter(outcome -> which.test(outcome.question())).toList();
    return new Tally((int) chosen.stream().filter(Outcome::right).count(), chosen.size());
  }

  /** Those that were answered wrongly, in the order of the test set. */
  List<Outcome> wrong() {
    return outcomes.stream().filter(outcome -> !outcome.right()).toList();
  }

  /** The median time to the first token; of an even number, the lower one of the two. */
  Duration medianFirstToken() {
    List<Duration> times =
        outcomes.stream().map(outcome -> outcome.answer().firstToken()).sorted().toList();
    return times.get((times.size() - 1) / 2);
  }
}
