package llm.core.gbnf;

import java.util.Arrays;

/**
 * Where a rule goes on when it has ended: all the places from which it was called, at once. Frames
 * with the same places are the same object, so that ways that meet are one way from there on.
 */
final class Frame {
  private static final int[] NO_NODES = {};
  private static final Frame[] NO_FRAMES = {};

  /** That of the start rule: the text is over. */
  static final Frame OUTERMOST = new Frame(0, true, NO_NODES, NO_FRAMES);

  private final long id;
  private final boolean outermost;
  private final int[] nodes;
  private final Frame[] callers; // by node
  private final int hash;

  /** One of places in order. */
  Frame(long id, boolean outermost, int[] nodes, Frame[] callers) {
    this.id = id;
    this.outermost = outermost;
    this.nodes = nodes;
    this.callers = callers;
    int sum = outermost ? 1 : 0;
    for (int i = 0; i < nodes.length; i++) {
      sum = (sum * 31 + nodes[i]) * 31 + Long.hashCode(callers[i].id);
    }
    this.hash = sum;
  }

  long id() {
    return id;
  }

  /** Whether the text may be over behind the rule. */
  boolean outermost() {
    return outermost;
  }

  int count() {
    return nodes.length;
  }

  int node(int index) {
    return nodes[index];
  }

  Frame caller(int index) {
    return callers[index];
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Frame other
        && outermost == other.outermost
        && Arrays.equals(nodes, other.nodes)
        && sameCallers(other);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  private boolean sameCallers(Frame other) {
    for (int i = 0; i < callers.length; i++) {
      if (callers[i] != other.callers[i]) {
        return false;
      }
    }
    return true;
  }
}
