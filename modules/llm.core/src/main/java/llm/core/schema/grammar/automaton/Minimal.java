package llm.core.schema.grammar.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.core.schema.grammar.automaton.Dfa.Edge;

/** Makes an automaton as small as it can be: without dead ends, and like states made one. */
final class Minimal {
  private Minimal() {}

  static Dfa of(List<List<Edge>> edges, BitSet ends) {
    BitSet alive = alive(edges, ends);
    if (!alive.get(0)) {
      return Dfa.NONE;
    }
    List<List<Edge>> live = new ArrayList<>();
    for (int state = 0; state < edges.size(); state++) {
      boolean lives = alive.get(state);
      live.add(
          lives
              ? edges.get(state).stream().filter(edge -> alive.get(edge.target())).toList()
              : List.of());
    }
    int[] upwards = fromTheEnds(live);
    int[] blocks =
        upwards.length == 0 ? blocks(live, ends) : blocksWithoutLoops(live, ends, upwards);
    return joined(live, ends, blocks);
  }

  /** One state for each block that can be reached, by breadth. */
  private static Dfa joined(List<List<Edge>> edges, BitSet ends, int[] blocks) {
    var number = new HashMap<Integer, Integer>();
    var order = new ArrayList<Integer>();
    number.put(blocks[0], 0);
    order.add(0);
    var made = new ArrayList<List<Edge>>();
    var ended = new BitSet();
    for (int at = 0; at < order.size(); at++) {
      int state = order.get(at);
      ended.set(at, ends.get(state));
      var out = new ArrayList<Edge>();
      for (Edge edge : edges.get(state)) {
        Integer target = number.get(blocks[edge.target()]);
        if (target == null) {
          target = order.size();
          number.put(blocks[edge.target()], target);
          order.add(edge.target());
        }
        append(out, edge.first(), edge.last(), target);
      }
      made.add(out);
    }
    return Dfa.made(made, ended);
  }

  /** The states from which an end can be reached. */
  private static BitSet alive(List<List<Edge>> edges, BitSet ends) {
    var sources = new ArrayList<List<Integer>>();
    edges.forEach(_ -> sources.add(new ArrayList<>()));
    for (int state = 0; state < edges.size(); state++) {
      for (Edge edge : edges.get(state)) {
        sources.get(edge.target()).add(state);
      }
    }
    var alive = new BitSet();
    var queue = new ArrayDeque<Integer>();
    ends.stream().forEach(queue::add);
    alive.or(ends);
    while (!queue.isEmpty()) {
      for (int source : sources.get(queue.poll())) {
        if (!alive.get(source)) {
          alive.set(source);
          queue.add(source);
        }
      }
    }
    return alive;
  }

  /** All states, each behind those that it leads to; empty: there are loops. */
  private static int[] fromTheEnds(List<List<Edge>> edges) {
    int[] entries = new int[edges.size()];
    edges.forEach(out -> out.forEach(edge -> entries[edge.target()]++));
    int[] order = new int[edges.size()];
    int at = order.length;
    var ready = new ArrayDeque<Integer>();
    for (int state = 0; state < entries.length; state++) {
      if (entries[state] == 0) {
        ready.add(state);
      }
    }
    while (!ready.isEmpty()) {
      int state = ready.poll();
      order[--at] = state;
      for (Edge edge : edges.get(state)) {
        if (--entries[edge.target()] == 0) {
          ready.add(edge.target());
        }
      }
    }
    return at == 0 ? order : new int[0];
  }

  private static int[] blocksWithoutLoops(List<List<Edge>> edges, BitSet ends, int[] upwards) {
    int[] blocks = new int[edges.size()];
    Map<List<Object>, Integer> signatures = new HashMap<>();
    for (int state : upwards) {
      blocks[state] = number(signatures, List.of(ends.get(state), out(edges, state, blocks)));
    }
    return blocks;
  }

  /** The block of like states that each belongs to (Moore): split until nothing splits. */
  private static int[] blocks(List<List<Edge>> edges, BitSet ends) {
    int[] blocks = new int[edges.size()];
    for (int state = 0; state < blocks.length; state++) {
      blocks[state] = ends.get(state) ? 1 : 0;
    }
    int count = -1;
    while (true) {
      Map<List<Object>, Integer> signatures = new HashMap<>();
      int[] next = new int[blocks.length];
      for (int state = 0; state < blocks.length; state++) {
        next[state] = number(signatures, List.of(blocks[state], out(edges, state, blocks)));
      }
      blocks = next;
      if (signatures.size() == count) {
        return blocks;
      }
      count = signatures.size();
    }
  }

  private static List<Edge> out(List<List<Edge>> edges, int state, int[] blocks) {
    var out = new ArrayList<Edge>();
    for (Edge edge : edges.get(state)) {
      append(out, edge.first(), edge.last(), blocks[edge.target()]);
    }
    return out;
  }

  private static int number(Map<List<Object>, Integer> signatures, List<Object> signature) {
    Integer known = signatures.putIfAbsent(signature, signatures.size());
    return known == null ? signatures.size() - 1 : known;
  }

  private static void append(List<Edge> out, int first, int last, int target) {
    Edge before = out.isEmpty() ? null : out.getLast();
    if (before != null && before.target() == target && before.last() + 1 == first) {
      out.set(out.size() - 1, new Edge(before.first(), last, target));
    } else {
      out.add(new Edge(first, last, target));
    }
  }
}
