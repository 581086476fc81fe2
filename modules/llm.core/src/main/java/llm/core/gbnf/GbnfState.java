package llm.core.gbnf;

import java.util.Arrays;

/**
 * How far a text is in a grammar: every way at once that the grammar has for it. Immutable to look
 * at; what follows is found once and remembered, so all states of one {@link Gbnf#start} belong to
 * one thread. States that are told apart by nothing are the same object, as long as they are
 * remembered.
 */
public final class GbnfState {
  private final Automaton automaton;
  private final int[] nodes; // that take a byte
  private final Frame[] frames; // by node
  private final boolean mayEnd;
  private final int hash;
  private GbnfState[] next; // by class of bytes; null until the first is found
  private GbnfState inner; // null until it is asked for

  GbnfState(Automaton automaton, int[] nodes, Frame[] frames, boolean mayEnd) {
    this.automaton = automaton;
    this.nodes = nodes;
    this.frames = frames;
    this.mayEnd = mayEnd;
    int sum = mayEnd ? 1 : 0;
    for (int i = 0; i < nodes.length; i++) {
      sum = (sum * 31 + nodes[i]) * 31 + Long.hashCode(frames[i].id());
    }
    this.hash = sum;
  }

  /**
   * The state behind one byte more; a dead one where the grammar has no such text.
   *
   * @throws GbnfException when the grammar has more ways for the text than are followed
   */
  public GbnfState next(byte value) throws GbnfException {
    if (nodes.length == 0) {
      return automaton.dead();
    }
    int kind = automaton.network().classOf(value & 0xff);
    GbnfState known = next == null ? null : next[kind];
    if (known == null) {
      known = automaton.step(this, value & 0xff); // which may forget what follows
      if (next == null) {
        next = new GbnfState[automaton.network().classCount()];
      }
      next[kind] = known;
    }
    return known;
  }

  /** The state behind the bytes from {@code from} to before {@code to}. */
  public GbnfState next(byte[] bytes, int from, int to) throws GbnfException {
    GbnfState state = this;
    for (int i = from; i < to && !state.isDead(); i++) {
      state = state.next(bytes[i]);
    }
    return state;
  }

  /** Whether the text is none of the grammar's, and no beginning of one. */
  public boolean isDead() {
    return nodes.length == 0 && !mayEnd;
  }

  /** Whether the text is one of the grammar's. */
  public boolean mayEnd() {
    return mayEnd;
  }

  /** Whether it is one, and no beginning of a longer one. */
  public boolean mustEnd() {
    return mayEnd && nodes.length == 0;
  }

  /**
   * The same place in the innermost rule that all ways are in, as if that were the whole grammar.
   * As long as that does not end, the two take the same bytes; many states share it. This state
   * itself where there is no such rule.
   */
  public GbnfState inner() {
    if (inner == null) {
      inner = automaton.inner(this);
    }
    return inner;
  }

  /** Steps taken for all states of this start so far; it grows where nothing is remembered. */
  public long work() {
    return automaton.work();
  }

  /** Forgets what follows, so that whoever keeps this state keeps no other one. */
  void forget() {
    next = null;
    inner = null;
  }

  int count() {
    return nodes.length;
  }

  int node(int index) {
    return nodes[index];
  }

  Frame frame(int index) {
    return frames[index];
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof GbnfState other
        && automaton == other.automaton
        && mayEnd == other.mayEnd
        && Arrays.equals(nodes, other.nodes)
        && sameFrames(other);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  private boolean sameFrames(GbnfState other) {
    for (int i = 0; i < frames.length; i++) {
      if (frames[i] != other.frames[i]) {
        return false;
      }
    }
    return true;
  }
}
