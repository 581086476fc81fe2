package llm.core.gbnf;

import java.util.Arrays;
import java.util.List;

/**
 * A grammar as networks of nodes, one for each rule. A node takes a byte, goes on in two ways at
 * once, runs another rule, or ends its own. Immutable; any thread.
 */
final class Network {
  /** What a node does. */
  static final byte TAKE = 0;

  static final byte SPLIT = 1;
  static final byte CALL = 2;
  static final byte END = 3;

  private final byte[] kinds;
  private final int[] to;
  private final int[] other; // TAKE: index of its bytes; SPLIT: the second way; CALL: the rule
  private final ByteSet[] sets;
  private final int[] entries; // by rule
  private final boolean[] empty; // by rule: whether it may say nothing
  private final int[] ranks; // by rule: one that begins with another has a lower rank
  private final byte[] classes = new byte[256]; // of bytes that no set tells apart
  private final int classCount;

  Network(NetworkBuilder built, RuleFacts facts) {
    int nodes = built.size();
    this.kinds = Arrays.copyOf(built.kinds(), nodes);
    this.to = Arrays.copyOf(built.to(), nodes);
    this.other = Arrays.copyOf(built.other(), nodes);
    this.sets = built.sets().toArray(ByteSet[]::new);
    this.entries = built.entries();
    this.empty = facts.empty();
    this.ranks = facts.ranks();
    this.classCount = classify(built.sets());
  }

  byte kind(int node) {
    return kinds[node];
  }

  int to(int node) {
    return to[node];
  }

  /** The second way of a split, or the rule of a call. */
  int other(int node) {
    return other[node];
  }

  /** Whether a node takes {@code value}, 0 to 255. */
  boolean takes(int node, int value) {
    return sets[other[node]].contains(value);
  }

  int entry(int rule) {
    return entries[rule];
  }

  boolean mayBeEmpty(int rule) {
    return empty[rule];
  }

  int rank(int rule) {
    return ranks[rule];
  }

  int ruleCount() {
    return entries.length;
  }

  /** The class of a byte, 0 to 255: bytes of a class do the same everywhere. */
  int classOf(int value) {
    return classes[value] & 0xff;
  }

  int classCount() {
    return classCount;
  }

  int size() {
    return kinds.length;
  }

  /** Splits the bytes by each set in turn. */
  private int classify(List<ByteSet> all) {
    int count = 1;
    for (ByteSet set : all) {
      int[] inside = new int[256]; // by class: the class of those of it that are in the set, plus 1
      int[] outside = new int[256];
      int next = 0;
      byte[] refined = new byte[256];
      for (int value = 0; value < 256; value++) {
        int[] half = set.contains(value) ? inside : outside;
        int old = classOf(value);
        if (half[old] == 0) {
          half[old] = ++next;
        }
        refined[value] = (byte) (half[old] - 1);
      }
      System.arraycopy(refined, 0, classes, 0, 256);
      count = next;
    }
    return count;
  }
}
