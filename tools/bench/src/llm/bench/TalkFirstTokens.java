package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import llm.bench.talk.TalkTurn;

/** How soon turns in a fresh context have their first tokens, beside the other turns of a talk. */
final class TalkFirstTokens {
  private static final double MAX_AFTER_HANDOVER = 1.1; // of turns that read as many tokens
  private static final double LIKE = 0.1; // and how near that has to be
  private static final int LIKE_TOKENS = 2;
  private static final int ENOUGH = 5; // turns that one is compared with, and that are compared
  private static final int MUCH_MORE = 2; // the turn before may still be unread, and no more

  private final List<TalkTurn> moved;
  private final List<TalkTurn> others;

  /**
   * Of a talk's turns.
   *
   * @param besideWarmUp whether a warm-up ran beside the turn of an id: that one is no measure
   */
  TalkFirstTokens(List<TalkTurn> said, Predicate<String> besideWarmUp) {
    this.moved = said.stream().filter(TalkTurn::handover).toList();
    this.others =
        said.stream()
            .filter(turn -> !turn.handover() && turn.leftOut() == 0)
            .filter(turn -> !besideWarmUp.test(turn.id()))
            .toList();
  }

  /**
   * First tokens of turns in a fresh context, each over the median of the turns that had as many
   * tokens to read; of those with enough such turns.
   */
  List<Double> ratios() {
    var ratios = new ArrayList<Double>();
    for (TalkTurn one : moved) {
      int near = near(one.uncachedTokens());
      List<Double> like =
          others.stream()
              .filter(other -> Math.abs(other.uncachedTokens() - one.uncachedTokens()) <= near)
              .map(TalkTurn::firstTokenMillis)
              .toList();
      if (like.size() >= ENOUGH) {
        ratios.add(one.firstTokenMillis() / Stats.median(like));
      }
    }
    return ratios;
  }

  /** What is wrong where first tokens come late in a fresh context; a few of them say nothing. */
  Optional<String> late() {
    List<Double> ratios = ratios();
    double after = Stats.median(ratios);
    return ratios.size() >= ENOUGH && after > MAX_AFTER_HANDOVER
        ? Optional.of("after a handover the first token comes after " + after + " times the time")
        : Optional.empty();
  }

  /**
   * What is wrong where most turns in a fresh context had far more to read than any other turn:
   * they have no like, and their contexts were not read before they were used.
   */
  Optional<String> readAnew() {
    int most = others.stream().mapToInt(TalkTurn::uncachedTokens).max().orElse(0);
    long more = moved.stream().filter(turn -> turn.uncachedTokens() > most * MUCH_MORE).count();
    return others.size() >= ENOUGH && more * 2 > moved.size()
        ? Optional.of(
            "%d of %d turns in a fresh context had far more to read than any other turn (%d tokens)"
                .formatted(more, moved.size(), most))
        : Optional.empty();
  }

  private static int near(int tokens) {
    return (int) Math.max(LIKE_TOKENS, tokens * LIKE);
  }
}
