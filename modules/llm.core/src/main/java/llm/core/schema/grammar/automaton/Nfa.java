package llm.core.schema.grammar.automaton;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import llm.core.schema.grammar.automaton.CharSet.Range;
import llm.core.schema.grammar.automaton.Dfa.Edge;

/** Thompson's construction, and the subsets that make it deterministic. */
public final class Nfa {
  private static final int MOST_STATES = 10_000;

  private enum Kind {
    FREE,
    AT_START,
    AT_END
  }

  private record Free(Kind kind, int target) {}

  private record Step(CharSet set, int target) {}

  private final Effort effort;
  private final List<List<Free>> free = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>(); // at most one leaves a state

  private Nfa(Effort effort) {
    this.effort = effort;
  }

  /**
   * The strings in which the expression is found anywhere, as JSON Schema's {@code pattern}.
   *
   * @param effort what it may take yet
   */
  public static Dfa found(Regex regex, Effort effort) throws AutomatonTooLarge {
    var anything = new Regex.Repeat(new Regex.Chars(CharSet.ALL), 0, Regex.UNBOUNDED);
    return whole(new Regex.Seq(List.of(anything, regex, anything)), effort);
  }

  /** The strings that the expression is. */
  public static Dfa whole(Regex regex) throws AutomatonTooLarge {
    return whole(regex, new Effort());
  }

  private static Dfa whole(Regex regex, Effort effort) throws AutomatonTooLarge {
    var nfa = new Nfa(effort);
    int start = nfa.state();
    int end = nfa.add(regex, start);
    return nfa.determined(start, end);
  }

  private int state() throws AutomatonTooLarge {
    if (free.size() >= MOST_STATES) {
      throw new AutomatonTooLarge();
    }
    free.add(new ArrayList<>(2));
    steps.add(null);
    return free.size() - 1;
  }

  private void link(int from, Kind kind, int to) {
    free.get(from).add(new Free(kind, to));
  }

  /** Adds what leads from a state through the expression; returns where it ends. */
  private int add(Regex regex, int from) throws AutomatonTooLarge {
    return switch (regex) {
      case Regex.Chars(CharSet set) -> {
        int here = state();
        int end = state();
        link(from, Kind.FREE, here);
        steps.set(here, new Step(set, end));
        yield end;
      }
      case Regex.Seq(List<Regex> parts) -> {
        int at = from;
        for (Regex part : parts) {
          at = add(part, at);
        }
        yield at;
      }
      case Regex.Alt(List<Regex> choices) -> {
        int end = state();
        for (Regex choice : choices) {
          int begin = state();
          link(from, Kind.FREE, begin);
          link(add(choice, begin), Kind.FREE, end);
        }
        yield end;
      }
      case Regex.Repeat repeat -> repeated(repeat, from);
      case Regex.Start _ -> assertion(Kind.AT_START, from);
      case Regex.End _ -> assertion(Kind.AT_END, from);
    };
  }

  private int assertion(Kind kind, int from) throws AutomatonTooLarge {
    int end = state();
    link(from, kind, end);
    return end;
  }

  private int repeated(Regex.Repeat repeat, int from) throws AutomatonTooLarge {
    int at = from;
    for (int i = 0; i < repeat.min(); i++) {
      at = add(repeat.part(), at);
    }
    if (repeat.max() == Regex.UNBOUNDED) {
      int loop = state();
      link(at, Kind.FREE, loop);
      link(add(repeat.part(), loop), Kind.FREE, loop);
      int end = state();
      link(loop, Kind.FREE, end);
      return end;
    }
    int end = state();
    for (int i = repeat.min(); i < repeat.max(); i++) {
      link(at, Kind.FREE, end);
      at = add(repeat.part(), at);
    }
    link(at, Kind.FREE, end);
    return end;
  }

  private Dfa determined(int start, int end) throws AutomatonTooLarge {
    Map<BitSet, Integer> known = new HashMap<>();
    var sets = new ArrayList<BitSet>();
    var edges = new ArrayList<List<Edge>>();
    var ends = new BitSet();
    var first = new BitSet();
    first.set(start);
    sets.add(closed(first, Kind.AT_START));
    // The state in which nothing has been read yet is its own: the beginning is only there.
    for (int at = 0; at < sets.size(); at++) {
      BitSet set = sets.get(at);
      BitSet atEnd = closedAtEnd(set, at == 0);
      ends.set(at, atEnd.get(end));
      var out = new ArrayList<Edge>();
      int size = set.cardinality();
      for (Range range : pieces(set)) {
        effort.add(size);
        var next = new BitSet();
        set.stream()
            .filter(
                state -> steps.get(state) != null && steps.get(state).set.contains(range.first()))
            .forEach(state -> next.set(steps.get(state).target));
        if (next.isEmpty()) {
          continue;
        }
        BitSet closed = closed(next, Kind.FREE);
        Integer target = known.putIfAbsent(closed, sets.size());
        if (target == null) {
          target = sets.size();
          if (target >= Dfa.MOST_STATES) {
            throw new AutomatonTooLarge();
          }
          sets.add(closed);
        }
        out.add(new Edge(range.first(), range.last(), target));
      }
      edges.add(out);
    }
    return Dfa.of(edges, ends);
  }

  private BitSet closed(BitSet states, Kind passable) throws AutomatonTooLarge {
    return closure(states, passable == Kind.AT_START, false);
  }

  private BitSet closedAtEnd(BitSet states, boolean atStart) throws AutomatonTooLarge {
    return closure(states, atStart, true);
  }

  private BitSet closure(BitSet states, boolean atStart, boolean atEnd) throws AutomatonTooLarge {
    var closed = (BitSet) states.clone();
    var stack = new ArrayList<Integer>();
    states.stream().forEach(stack::add);
    while (!stack.isEmpty()) {
      for (Free edge : free.get(stack.removeLast())) {
        boolean open =
            switch (edge.kind) {
              case FREE -> true;
              case AT_START -> atStart;
              case AT_END -> atEnd;
            };
        if (open && !closed.get(edge.target)) {
          closed.set(edge.target);
          stack.add(edge.target);
        }
      }
    }
    effort.add(closed.cardinality());
    return closed;
  }

  /** Ranges of characters, in each of which all go the same way. */
  private List<Range> pieces(BitSet set) {
    var starts = new TreeSet<Integer>();
    set.stream()
        .mapToObj(steps::get)
        .filter(step -> step != null)
        .flatMap(step -> step.set.ranges().stream())
        .forEach(range -> {
          starts.add(range.first());
          starts.add(range.last() + 1);
        });
    var pieces = new ArrayList<Range>();
    Integer before = null;
    for (int start : starts) {
      if (before != null) {
        pieces.add(new Range(before, start - 1));
      }
      before = start;
    }
    return pieces;
  }
}
