package llm.core.schema.grammar.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A deterministic automaton over characters: a set of strings that can be joined, met, taken away
 * from and asked whether it is empty. It starts at state 0; a missing edge leads nowhere. Every
 * state can be reached and leads to an end, and no two are alike. Immutable.
 */
public final class Dfa {
  /** States that one automaton may have, before like ones are made one. */
  public static final int MOST_STATES = 3_000;

  /** To {@code target} by the characters from the first to the last. */
  public record Edge(int first, int last, int target) {}

  /** Every string. */
  public static final Dfa ALL = all();

  /** No string. */
  public static final Dfa NONE = new Dfa(List.of(List.of()), new BitSet());

  private final List<List<Edge>> edges;
  private final BitSet ends;

  private Dfa(List<List<Edge>> edges, BitSet ends) {
    this.edges = edges;
    this.ends = ends;
  }

  /**
   * The smallest automaton for these edges, which must be in order and not overlap.
   *
   * @param edges of each state
   * @param ends states where a string may end
   */
  static Dfa of(List<List<Edge>> edges, BitSet ends) {
    return Minimal.of(edges, ends);
  }

  static Dfa made(List<List<Edge>> edges, BitSet ends) {
    return new Dfa(edges.stream().map(List::copyOf).toList(), ends);
  }

  /** The strings that have so many characters. */
  public static Dfa ofLength(int min, int max) throws AutomatonTooLarge {
    if (max != Integer.MAX_VALUE && min > max) {
      return NONE;
    }
    int last = max == Integer.MAX_VALUE ? min : max;
    if (last >= MOST_STATES) {
      throw new AutomatonTooLarge();
    }
    var edges = new ArrayList<List<Edge>>();
    var ends = new BitSet();
    for (int state = 0; state <= last; state++) {
      int next = state < last ? state + 1 : max == Integer.MAX_VALUE ? state : -1;
      edges.add(next < 0 ? List.of() : every(next));
      ends.set(state, state >= min);
    }
    return made(edges, ends); // smallest as it is
  }

  /** These strings and no others. */
  public static Dfa ofWords(Collection<String> words) throws AutomatonTooLarge {
    var children = new ArrayList<TreeMap<Integer, Integer>>();
    var ends = new BitSet();
    children.add(new TreeMap<>());
    for (String word : words) {
      int state = 0;
      for (int codePoint : word.codePoints().toArray()) {
        if (codePoint >= 0xD800 && codePoint <= 0xDFFF) {
          state = -1; // half a character is in no string that can be written
          break;
        }
        Integer next = children.get(state).get(codePoint);
        if (next == null) {
          next = children.size();
          if (next >= MOST_STATES) {
            throw new AutomatonTooLarge();
          }
          children.get(state).put(codePoint, next);
          children.add(new TreeMap<>());
        }
        state = next;
      }
      if (state >= 0) {
        ends.set(state);
      }
    }
    var edges = new ArrayList<List<Edge>>();
    for (TreeMap<Integer, Integer> child : children) {
      var out = new ArrayList<Edge>();
      child.forEach((c, target) -> out.add(new Edge(c, c, target)));
      edges.add(out);
    }
    return of(edges, ends);
  }

  /** What is in both. */
  public Dfa and(Dfa other) throws AutomatonTooLarge {
    if (this == ALL || other == NONE) {
      return other;
    }
    return other == ALL || this == NONE ? this : product(this, other, (a, b) -> a && b);
  }

  /** What is in either. */
  public Dfa or(Dfa other) throws AutomatonTooLarge {
    if (this == NONE || other == ALL) {
      return other;
    }
    return other == NONE || this == ALL ? this : product(this, other, (a, b) -> a || b);
  }

  /** What is in it and not in the other. */
  public Dfa without(Dfa other) throws AutomatonTooLarge {
    return other == NONE ? this : product(this, other, (a, b) -> a && !b);
  }

  /** How many states it takes to find what is in both, at most. */
  public static long stepsOfBoth(Dfa a, Dfa b) {
    return Math.min((long) a.states() * b.states(), MOST_STATES);
  }

  /** Every string that is not in it. */
  public Dfa not() throws AutomatonTooLarge {
    return ALL.without(this);
  }

  /** Whether no string is in it. */
  public boolean isEmpty() {
    return ends.isEmpty();
  }

  /** Whether this string is in it. */
  public boolean contains(String text) {
    int state = 0;
    for (int codePoint : text.codePoints().toArray()) {
      state = step(state, codePoint);
      if (state < 0) {
        return false;
      }
    }
    return ends.get(state);
  }

  /** How many states it has; 1 or more. */
  public int states() {
    return edges.size();
  }

  /** The edges that leave a state, in the order of the characters. */
  public List<Edge> edges(int state) {
    return edges.get(state);
  }

  /** Whether a string may end there. */
  public boolean ends(int state) {
    return ends.get(state);
  }

  /** The most characters that a string of it has; -1: there is no most. */
  public int longest() {
    int[] most = new int[edges.size()];
    int[] entries = new int[edges.size()];
    edges.forEach(out -> out.forEach(edge -> entries[edge.target]++));
    var ready = new ArrayDeque<Integer>();
    if (entries[0] == 0) {
      ready.add(0);
    }
    int seen = 0;
    int longest = 0;
    while (!ready.isEmpty()) {
      int state = ready.poll();
      seen++;
      longest = Math.max(longest, most[state]);
      for (Edge edge : edges.get(state)) {
        most[edge.target] = Math.max(most[edge.target], most[state] + 1);
        if (--entries[edge.target] == 0) {
          ready.add(edge.target);
        }
      }
    }
    return seen < edges.size() ? -1 : longest;
  }

  /**
   * All strings of it, in the order of their characters; empty: there are more than {@code most}.
   */
  public Optional<List<String>> words(int most) {
    if (longest() < 0) {
      return Optional.empty();
    }
    var words = new ArrayList<String>();
    return collect(0, new StringBuilder(), words, most) ? Optional.of(words) : Optional.empty();
  }

  private boolean collect(int state, StringBuilder word, List<String> words, int most) {
    if (ends.get(state)) {
      words.add(word.toString());
    }
    for (Edge edge : edges.get(state)) {
      for (int c = edge.first; c <= edge.last && words.size() <= most; c++) {
        int length = word.length();
        word.appendCodePoint(c);
        collect(edge.target, word, words, most);
        word.setLength(length);
      }
    }
    return words.size() <= most;
  }

  private int step(int state, int codePoint) {
    for (Edge edge : edges.get(state)) {
      if (codePoint >= edge.first && codePoint <= edge.last) {
        return edge.target;
      }
    }
    return -1;
  }

  private static Dfa all() {
    var ends = new BitSet();
    ends.set(0);
    return new Dfa(List.of(every(0)), ends);
  }

  private static List<Edge> every(int target) {
    return CharSet.ALL.ranges().stream()
        .map(range -> new Edge(range.first(), range.last(), target))
        .toList();
  }

  @FunctionalInterface
  private interface Choice {
    boolean of(boolean first, boolean second);
  }

  private record Pair(int first, int second) {}

  private static Dfa product(Dfa a, Dfa b, Choice choice) throws AutomatonTooLarge {
    boolean needsFirst = !choice.of(false, true);
    boolean needsSecond = !choice.of(true, false);
    Map<Pair, Integer> known = new HashMap<>();
    var pairs = new ArrayList<Pair>();
    var edges = new ArrayList<List<Edge>>();
    var ends = new BitSet();
    pairs.add(new Pair(0, 0));
    known.put(pairs.getFirst(), 0);
    for (int at = 0; at < pairs.size(); at++) {
      Pair pair = pairs.get(at);
      ends.set(
          at,
          choice.of(
              pair.first >= 0 && a.ends.get(pair.first),
              pair.second >= 0 && b.ends.get(pair.second)));
      var out = new ArrayList<Edge>();
      for (Meeting meeting : meetings(a.out(pair.first), b.out(pair.second))) {
        boolean dead =
            meeting.first < 0 && meeting.second < 0
                || needsFirst && meeting.first < 0
                || needsSecond && meeting.second < 0;
        if (dead) {
          continue;
        }
        var next = new Pair(meeting.first, meeting.second);
        Integer target = known.get(next);
        if (target == null) {
          target = pairs.size();
          if (target >= MOST_STATES) {
            throw new AutomatonTooLarge();
          }
          known.put(next, target);
          pairs.add(next);
        }
        out.add(new Edge(meeting.from, meeting.to, target));
      }
      edges.add(out);
    }
    return of(edges, ends);
  }

  private List<Edge> out(int state) {
    return state < 0 ? List.of() : edges.get(state);
  }

  /** Where two automatons go by the characters of a range; -1: nowhere. */
  private record Meeting(int from, int to, int first, int second) {}

  private static List<Meeting> meetings(List<Edge> a, List<Edge> b) {
    var met = new ArrayList<Meeting>();
    int i = 0;
    int j = 0;
    int at = 0;
    while (i < a.size() || j < b.size()) {
      Edge x = i < a.size() ? a.get(i) : null;
      Edge y = j < b.size() ? b.get(j) : null;
      boolean inX = x != null && x.first <= at;
      boolean inY = y != null && y.first <= at;
      int end = Integer.MAX_VALUE;
      if (x != null) {
        end = Math.min(end, inX ? x.last : x.first - 1);
      }
      if (y != null) {
        end = Math.min(end, inY ? y.last : y.first - 1);
      }
      if (inX || inY) {
        met.add(new Meeting(at, end, inX ? x.target : -1, inY ? y.target : -1));
      }
      at = end + 1;
      i += x != null && x.last < at ? 1 : 0;
      j += y != null && y.last < at ? 1 : 0;
    }
    return met;
  }
}
