package llm.gpu.prefix;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Counts places of the pool; one that several sequences share counts once. */
final class Occupancy {
  private Occupancy() {}

  /** Those that are in use. */
  static int held(List<TokenSequence> all) {
    return held(all, _ -> true);
  }

  /** Those that only idle sequences use: they would be free without them. */
  static int idle(List<TokenSequence> all) {
    return held(all) - held(all, sequence -> !sequence.isIdle());
  }

  /**
   * Those that must be there for one more sequence beside those in work, each with its next token,
   * and the pinned ones.
   *
   * @param given sequences in work that would be given up for it
   * @param places where the new one's come from
   * @param count how many it has
   */
  static int needed(
      List<TokenSequence> all, Set<TokenSequence> given, Cells.Branch places, int count) {
    var cells = new Cells();
    for (TokenSequence sequence : all) {
      if (sequence.isActive() && !given.contains(sequence)) {
        cells.add(sequence.places(), sequence.count() + 1);
      } else if (sequence.isPinned()) {
        cells.add(sequence.places(), sequence.computed());
      }
    }
    cells.add(places, count);
    return cells.count();
  }

  private static int held(List<TokenSequence> all, Predicate<TokenSequence> which) {
    var cells = new Cells();
    all.stream().filter(which).forEach(one -> cells.add(one.places(), one.computed()));
    return cells.count();
  }
}
