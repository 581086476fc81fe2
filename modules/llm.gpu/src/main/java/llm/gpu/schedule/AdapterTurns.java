package llm.gpu.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.gpu.adapter.AdapterSet;

/**
 * Lets sets of adapters take turns, for one step is computed with one set. A turn is some steps
 * long, because changing the set costs a few milliseconds; the next one is of whichever set has
 * waited longest, so that none starves. One thread.
 */
final class AdapterTurns {
  /** Steps of a turn while another set waits. */
  static final int STEPS = 4;

  private final Map<AdapterSet, Long> seen = new HashMap<>(); // when it came, or had its last step
  private AdapterSet current = AdapterSet.NONE;
  private int steps; // of the turn so far
  private long tick;

  /**
   * Those of {@code works} that are computed next: all of one set.
   *
   * @param all what there is to compute, {@code works} and what is left out of this step
   * @param mayChange whether to end a turn before its time: among them is what is left out of most
   *     steps
   */
  <W extends StepPlanner.Work> List<W> next(List<W> works, List<W> all, boolean mayChange) {
    if (works.isEmpty()) {
      return works;
    }
    tick++;
    Set<AdapterSet> known = setsOf(all);
    seen.keySet().retainAll(known);
    known.forEach(set -> seen.putIfAbsent(set, tick));
    Set<AdapterSet> sets = setsOf(works);
    boolean over = mayChange || steps >= STEPS || !sets.contains(current);
    if (over) {
      current = longestWaiting(sets);
      steps = 0;
    }
    steps++;
    seen.put(current, tick + 1);
    return sets.size() == 1 ? works : of(current, works);
  }

  private static Set<AdapterSet> setsOf(List<? extends StepPlanner.Work> works) {
    Set<AdapterSet> sets = new LinkedHashSet<>();
    works.forEach(work -> sets.add(work.adapters()));
    return sets;
  }

  private AdapterSet longestWaiting(Set<AdapterSet> sets) {
    AdapterSet longest = current;
    long since = Long.MAX_VALUE;
    for (AdapterSet set : sets) {
      if (seen.get(set) < since) {
        since = seen.get(set);
        longest = set;
      }
    }
    return longest;
  }

  private static <W extends StepPlanner.Work> List<W> of(AdapterSet set, List<W> works) {
    List<W> mine = new ArrayList<>(works.size());
    for (W work : works) {
      if (work.adapters().equals(set)) {
        mine.add(work);
      }
    }
    return mine;
  }
}
