package llm.core.gbnf;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Finds the states of a grammar and remembers them, up to a limit. A rule that is called from many
 * places at the same point of a text is run once, with one frame that knows them all; a call that
 * is the last thing a rule does leaves the rule's own frame out. So neither ambiguity nor right
 * recursion makes states grow. One thread.
 *
 * @see <a href="https://doi.org/10.1145/362007.362035">Earley, An efficient context-free parsing
 *     algorithm</a>
 * @see <a href="https://doi.org/10.1093/comjnl/45.6.620">Aycock and Horspool, Practical Earley
 *     parsing, for rules that may be empty</a>
 */
final class Automaton {
  /** The most ways that are followed at once. */
  private static final int MOST_WAYS = 50_000;

  private static final int MOST_RETURNS = 2_000; // from rules, in one step

  private static final int MOST_REMEMBERED = 400_000; // ways and places of calls, of all states
  private static final int DEEPEST_INNER = 4; // calls

  private final Network network;
  private final GbnfState dead;
  private final Map<Frame, Frame> frames = new HashMap<>();
  private final Map<GbnfState, GbnfState> states = new HashMap<>();
  private long lastFrame;
  private int remembered;
  private long work;

  // of the step in work
  private final Ways open = new Ways();
  private final Ways takes = new Ways();
  private final Calls calls;

  Automaton(Network network) {
    this.network = network;
    this.dead = new GbnfState(this, new int[0], new Frame[0], false);
    this.calls = new Calls(network);
  }

  Network network() {
    return network;
  }

  GbnfState dead() {
    return dead;
  }

  long work() {
    return work;
  }

  /** The state before a text. */
  GbnfState start(int rule) throws GbnfException {
    begin();
    open.add(network.entry(rule), Frame.OUTERMOST);
    return close();
  }

  /** The state behind {@code state} and a byte. */
  GbnfState step(GbnfState state, int value) throws GbnfException {
    begin();
    work += state.count();
    for (int i = 0; i < state.count(); i++) {
      if (network.takes(state.node(i), value)) {
        open.add(network.to(state.node(i)), state.frame(i));
      }
    }
    return open.count() == 0 ? dead : close();
  }

  private void begin() {
    open.clear();
    takes.clear();
    calls.clear();
    if (remembered > MOST_REMEMBERED) { // states in use go on by themselves
      states.values().forEach(GbnfState::forget);
      frames.clear();
      states.clear();
      remembered = 0;
    }
  }

  /** Follows all ways until each takes a byte or the text is over. */
  private GbnfState close() throws GbnfException {
    boolean mayEnd = false;
    int returns = 0;
    int done = 0;
    for (; done < open.count(); done++) {
      int node = open.node(done);
      Frame frame = open.frame(done);
      if (network.kind(node) == Network.END) {
        mayEnd |= frame.outermost();
        work += frame.count();
        returns += frame.count();
        limit(returns, MOST_RETURNS);
        for (int i = 0; i < frame.count(); i++) {
          open.add(frame.node(i), frame.caller(i));
        }
      } else {
        follow(node, frame);
      }
      limit(open.count(), MOST_WAYS);
    }
    while (calls.hasNext()) {
      int rule = calls.next();
      open.add(network.entry(rule), frameOf(rule));
      for (; done < open.count(); done++) {
        follow(open.node(done), open.frame(done)); // what ends at once went on behind its call
        limit(open.count(), MOST_WAYS);
      }
    }
    return stateOf(mayEnd);
  }

  private void follow(int node, Frame frame) {
    work++;
    switch (network.kind(node)) {
      case Network.TAKE -> takes.add(node, frame);
      case Network.SPLIT -> {
        open.add(network.to(node), frame);
        open.add(network.other(node), frame);
      }
      case Network.CALL -> {
        int rule = network.other(node);
        calls.add(rule, network.to(node), frame);
        if (network.mayBeEmpty(rule)) {
          open.add(network.to(node), frame);
        }
      }
      default -> {
        // the end of a rule
      }
    }
  }

  private static void limit(int ways, int most) throws GbnfException {
    if (ways > most) {
      throw new GbnfException(
          0,
          0,
          "it is too ambiguous: a text is being read in more than "
              + most
              + " ways at once; give its rules fewer ways to say the same");
    }
  }

  /** Where {@code rule} goes on for all of its callers. */
  private Frame frameOf(int rule) throws GbnfException {
    var places = new Ways();
    boolean outermost = false;
    for (int call = calls.first(rule); call >= 0; call = calls.following(call)) {
      Frame caller = calls.frame(call);
      if (network.kind(calls.node(call)) == Network.END) {
        outermost |= caller.outermost();
        work += caller.count();
        for (int i = 0; i < caller.count(); i++) {
          places.add(caller.node(i), caller.caller(i));
        }
      } else {
        places.add(calls.node(call), caller);
      }
    }
    return frame(outermost, places);
  }

  private Frame frame(boolean outermost, Ways places) {
    if (places.count() == 0) {
      return Frame.OUTERMOST; // every rule is called from somewhere
    }
    places.sort();
    var made = new Frame(++lastFrame, outermost, places.copyNodes(), places.copyFrames());
    Frame known = frames.putIfAbsent(made, made);
    if (known == null) {
      remembered += 4 + places.count();
    }
    return known == null ? made : known;
  }

  private GbnfState stateOf(boolean mayEnd) {
    takes.sort();
    return remember(new GbnfState(this, takes.copyNodes(), takes.copyFrames(), mayEnd));
  }

  private GbnfState remember(GbnfState made) {
    GbnfState known = states.putIfAbsent(made, made);
    if (known == null) {
      remembered += 8 + made.count() + network.classCount() / 4;
    }
    return known == null ? made : known;
  }

  /** See {@link GbnfState#inner}. */
  GbnfState inner(GbnfState state) {
    if (state.mayEnd()) {
      return state;
    }
    var tried = new Ways();
    for (int i = 0; i < state.count(); i++) {
      Frame candidate = state.frame(i);
      if (tried.add(0, candidate)) {
        if (candidate == Frame.OUTERMOST || tried.count() > DEEPEST_INNER) {
          return state;
        }
        GbnfState found = innerOf(state, candidate);
        if (found != state) {
          return found;
        }
      }
    }
    return state;
  }

  private GbnfState innerOf(GbnfState state, Frame outer) {
    Map<Frame, Frame> cut = new HashMap<>();
    cut.put(outer, Frame.OUTERMOST);
    var ways = new Ways();
    for (int i = 0; i < state.count(); i++) {
      Frame frame = cut(state.frame(i), cut, DEEPEST_INNER);
      if (frame == null) {
        return state;
      }
      ways.add(state.node(i), frame);
    }
    ways.sort();
    return remember(new GbnfState(this, ways.copyNodes(), ways.copyFrames(), false));
  }

  /** The same frame above what is cut off; null where it does not end there. */
  private Frame cut(Frame frame, Map<Frame, Frame> cut, int depth) {
    Frame known = cut.get(frame);
    if (known != null) {
      return known;
    }
    if (frame.outermost() || depth == 0) {
      return null;
    }
    var places = new Ways();
    for (int i = 0; i < frame.count(); i++) {
      Frame caller = cut(frame.caller(i), cut, depth - 1);
      if (caller == null) {
        return null;
      }
      places.add(frame.node(i), caller);
    }
    Frame made = frame(false, places);
    cut.put(frame, made);
    return made;
  }

  /** The calls of a step, by rule, rules in the order in which they begin with each other. */
  private static final class Calls {
    private final Network network;
    private final int[] last; // call, by rule; -1 for none
    private final int[] ruleOfRank;
    private final PriorityQueue<Integer> waiting = new PriorityQueue<>(); // ranks
    private int[] nodes = new int[16];
    private Frame[] frames = new Frame[16];
    private int[] before = new int[16]; // the call of the same rule that came before
    private int[] rules = new int[16];
    private int count;

    Calls(Network network) {
      this.network = network;
      this.last = new int[network.ruleCount()];
      Arrays.fill(last, -1);
      this.ruleOfRank = new int[network.ruleCount()];
      for (int rule = 0; rule < network.ruleCount(); rule++) {
        ruleOfRank[network.rank(rule)] = rule;
      }
    }

    void clear() {
      for (int i = 0; i < count; i++) {
        last[rules[i]] = -1;
        frames[i] = null;
      }
      count = 0;
      waiting.clear();
    }

    void add(int rule, int node, Frame frame) {
      if (count == nodes.length) {
        nodes = Arrays.copyOf(nodes, count * 2);
        frames = Arrays.copyOf(frames, count * 2);
        before = Arrays.copyOf(before, count * 2);
        rules = Arrays.copyOf(rules, count * 2);
      }
      if (last[rule] < 0) {
        waiting.add(network.rank(rule));
      }
      nodes[count] = node;
      frames[count] = frame;
      before[count] = last[rule];
      rules[count] = rule;
      last[rule] = count++;
    }

    boolean hasNext() {
      return !waiting.isEmpty();
    }

    int next() {
      return ruleOfRank[waiting.poll()];
    }

    int first(int rule) {
      return last[rule];
    }

    int following(int call) {
      return before[call];
    }

    int node(int call) {
      return nodes[call];
    }

    Frame frame(int call) {
      return frames[call];
    }
  }
}
