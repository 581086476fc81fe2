package llm.gpu.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.domain.chat.Priority;
import llm.gpu.adapter.AdapterSet;

/**
 * Lets sets of adapters take turns, for one step is computed with one set. A turn is some steps
 * long, because changing the set costs a few milliseconds; the next one is of whichever set has
 * waited longest, so that none starves. A step with room for background work is of the set whose
 * background work has waited longest. One thread.
 */
final class AdapterTurns {
  /** Steps of a turn while another set waits. */
  static final int STEPS = 4;

  private final Map<AdapterSet, Long> seen = new HashMap<>(); // when it came, or had its last step
  private final Map<AdapterSet, Long> aside = new HashMap<>(); // the same of its background work
  private AdapterSet current = AdapterSet.NONE;
  private int steps; // of the turn so far
  private long tick;

  /**
   * Those of {@code works} that are computed next: all of one set.
   *
   * @param all what there is to compute, {@code works} and what is left out of this step
   * @param forBackground whether this step has room for background work, which most have not: then
   *     a turn ends before its time, and the next one is of a set with such work
   */
  <W extends StepPlanner.Work> List<W> next(List<W> works, List<W> all, boolean forBackground) {
    if (works.isEmpty()) {
      return works;
    }
    tick++;
    come(seen, setsOf(all));
    come(aside, setsOf(background(all)));
    Set<AdapterSet> sets = setsOf(works);
    Set<AdapterSet> due = forBackground ? setsOf(background(works)) : Set.of();
    if (!due.isEmpty()) {
      change(longestWaiting(due, aside));
    } else if (steps >= STEPS || !sets.contains(current)) {
      change(longestWaiting(sets, seen));
    }
    steps++;
    seen.put(current, tick + 1);
    List<W> turn = sets.size() == 1 ? works : of(current, works);
    if (!background(turn).isEmpty()) {
      aside.put(current, tick + 1);
    }
    return turn;
  }

  private void change(AdapterSet next) {
    current = next;
    steps = 0;
  }

  private void come(Map<AdapterSet, Long> waiting, Set<AdapterSet> known) {
    waiting.keySet().retainAll(known);
    known.forEach(set -> waiting.putIfAbsent(set, tick));
  }

  private static <W extends StepPlanner.Work> List<W> background(List<W> works) {
    return works.stream().filter(work -> work.priority() == Priority.BACKGROUND).toList();
  }

  private static Set<AdapterSet> setsOf(List<? extends StepPlanner.Work> works) {
    Set<AdapterSet> sets = new LinkedHashSet<>();
    works.forEach(work -> sets.add(work.adapters()));
    return sets;
  }

  private AdapterSet longestWaiting(Set<AdapterSet> sets, Map<AdapterSet, Long> waiting) {
    AdapterSet longest = current;
    long since = Long.MAX_VALUE;
    for (AdapterSet set : sets) {
      if (waiting.get(set) < since) {
        since = waiting.get(set);
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
