package llm.core.gbnf;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What the rules of a grammar are to each other: which may say nothing, and in which order they
 * begin with each other. Refuses a rule that begins with itself, and one that never comes to an
 * end.
 */
final class RuleFacts {
  private static final int MOST_WORK = 20_000_000;

  private final NetworkBuilder built;
  private final List<Piece.Rule> rules;
  private final BitSet seen = new BitSet();
  private final List<BitSet> callers = new ArrayList<>();
  private final boolean[] empty;
  private final int[] ranks;
  private int work;

  /** Looks at the rules that {@code start} needs. */
  RuleFacts(NetworkBuilder built, int start) throws GbnfException {
    this.built = built;
    this.rules = built.rules();
    this.empty = new boolean[rules.size()];
    this.ranks = new int[rules.size()];
    findCallers();
    spread(empty, false);
    boolean[] ends = new boolean[rules.size()];
    spread(ends, true);
    requireEnds(start, ends);
    rank();
  }

  /** By rule: whether it may say nothing. */
  boolean[] empty() {
    return empty;
  }

  /** By rule: a number below that of each rule it may begin with. */
  int[] ranks() {
    return ranks;
  }

  /** By rule: those that call it. The nodes of a rule stand together, its end first. */
  private void findCallers() {
    rules.forEach(_ -> callers.add(new BitSet()));
    int caller = -1;
    for (int node = 0; node < built.size(); node++) {
      if (built.kinds()[node] == Network.END) {
        caller = built.other()[node];
      } else if (built.kinds()[node] == Network.CALL) {
        callers.get(built.other()[node]).set(caller);
      }
    }
  }

  /** Finds the rules whose end can be reached through calls of rules that are found already. */
  private void spread(boolean[] found, boolean overBytes) throws GbnfException {
    var waiting = new ArrayDeque<Integer>();
    for (int rule = 0; rule < found.length; rule++) {
      waiting.add(rule);
    }
    while (!waiting.isEmpty()) {
      int rule = waiting.poll();
      if (!found[rule] && reachesEnd(rule, found, overBytes)) {
        found[rule] = true;
        callers.get(rule).stream().forEach(waiting::add);
      }
    }
  }

  private boolean reachesEnd(int rule, boolean[] found, boolean overBytes) throws GbnfException {
    var reached = new BitSet();
    explore(rule, found, overBytes, reached);
    return reached.get(rules.size());
  }

  /**
   * Walks from the beginning of a rule.
   *
   * @param calls gets the rules that are called on the way; the end counts as one rule more
   */
  private void explore(int rule, boolean[] passable, boolean overBytes, BitSet calls)
      throws GbnfException {
    seen.clear();
    var open = new ArrayDeque<Integer>();
    open.push(built.entries()[rule]);
    while (!open.isEmpty()) {
      int node = open.pop();
      if (seen.get(node)) {
        continue;
      }
      seen.set(node);
      if (++work > MOST_WORK) {
        throw at(rule, "makes the grammar too involved to be checked");
      }
      int next = built.to()[node];
      int other = built.other()[node];
      switch (built.kinds()[node]) {
        case Network.END -> calls.set(rules.size());
        case Network.SPLIT -> {
          open.push(other);
          open.push(next);
        }
        case Network.CALL -> {
          calls.set(other);
          if (passable[other]) {
            open.push(next);
          }
        }
        default -> {
          if (overBytes) {
            open.push(next);
          }
        }
      }
    }
  }

  private void requireEnds(int start, boolean[] ends) throws GbnfException {
    boolean[] all = new boolean[rules.size()];
    Arrays.fill(all, true);
    var known = new BitSet();
    var open = new ArrayDeque<Integer>();
    known.set(start);
    open.add(start);
    while (!open.isEmpty()) {
      int rule = open.poll();
      if (!ends[rule]) {
        throw at(rule, "never comes to an end: each way through it needs it again");
      }
      calls(rule, all, true).stream()
          .filter(called -> !known.get(called))
          .forEach(called -> {
            known.set(called);
            open.add(called);
          });
    }
  }

  private BitSet calls(int rule, boolean[] passable, boolean overBytes) throws GbnfException {
    var calls = new BitSet();
    explore(rule, passable, overBytes, calls);
    calls.clear(rules.size());
    return calls;
  }

  /** Goes through the rules that a rule may begin with, deepest first. */
  private void rank() throws GbnfException {
    int left = rules.size();
    var done = new BitSet();
    for (int rule = 0; rule < rules.size(); rule++) {
      var path = new ArrayDeque<Integer>();
      var begun = new BitSet(); // those of the path
      var firsts = new ArrayDeque<BitSet>(); // of the path: those not looked at yet
      if (!done.get(rule)) {
        path.push(rule);
        begun.set(rule);
        firsts.push(calls(rule, empty, false));
      }
      while (!path.isEmpty()) {
        int next = firsts.peek().nextSetBit(0);
        if (next < 0) {
          int ended = path.pop();
          firsts.pop();
          begun.clear(ended);
          done.set(ended);
          ranks[ended] = --left;
        } else {
          firsts.peek().clear(next);
          if (begun.get(next)) {
            throw at(next, "begins with itself, which is left recursion: put what follows first");
          }
          if (!done.get(next)) {
            path.push(next);
            begun.set(next);
            firsts.push(calls(next, empty, false));
          }
        }
      }
    }
  }

  private GbnfException at(int rule, String what) {
    Piece.Rule wrong = rules.get(rule);
    return new GbnfException(
        wrong.line(), wrong.column(), "the rule '" + wrong.name() + "' " + what);
  }
}
