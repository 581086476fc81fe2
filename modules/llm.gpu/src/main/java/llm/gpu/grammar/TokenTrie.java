package llm.gpu.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The texts of tokens as a tree of bytes, in one pass from the root: a node's descendants follow it
 * up to its end. Immutable; any thread.
 */
final class TokenTrie {
  static final int NONE = -1;

  private static final byte[] NOTHING = {};

  private final byte[] bytes; // by node, that leads to it; the root is node 0
  private final int[] parents;
  private final int[] ends; // by node: the first node behind its descendants
  private final int[] tokens; // by node: a token of just its text
  private final int[] alike; // by token: another one of the same text
  private final byte[][] texts; // by token

  /**
   * Of the tokens of these texts.
   *
   * @param texts by token; those without bytes are in no node
   */
  TokenTrie(List<byte[]> texts) {
    this.texts = texts.toArray(byte[][]::new);
    Integer[] order = order();
    int most = 1;
    for (byte[] text : texts) {
      most += text.length;
    }
    byte[] nodeBytes = new byte[most];
    int[] nodeParents = new int[most];
    int[] nodeEnds = new int[most];
    int[] nodeTokens = new int[most];
    Arrays.fill(nodeTokens, NONE);
    this.alike = new int[this.texts.length];
    Arrays.fill(alike, NONE);
    int count = 1;
    byte[] last = NOTHING;
    int[] path = new int[1 + longest()]; // nodes of the last text, by depth
    for (int token : order) {
      byte[] text = this.texts[token];
      int same = Math.max(0, mismatch(last, text));
      for (int depth = last.length; depth > same; depth--) {
        nodeEnds[path[depth]] = count;
      }
      for (int depth = same; depth < text.length; depth++) {
        nodeBytes[count] = text[depth];
        nodeParents[count] = path[depth];
        path[depth + 1] = count++;
      }
      int node = path[text.length];
      alike[token] = nodeTokens[node];
      nodeTokens[node] = token;
      last = text;
    }
    for (int depth = last.length; depth >= 0; depth--) {
      nodeEnds[path[depth]] = count;
    }
    this.bytes = Arrays.copyOf(nodeBytes, count);
    this.parents = Arrays.copyOf(nodeParents, count);
    this.ends = Arrays.copyOf(nodeEnds, count);
    this.tokens = Arrays.copyOf(nodeTokens, count);
  }

  private Integer[] order() {
    List<Integer> order = new ArrayList<>();
    for (int token = 0; token < texts.length; token++) {
      if (texts[token].length > 0) {
        order.add(token);
      }
    }
    order.sort((a, b) -> Arrays.compareUnsigned(texts[a], texts[b]));
    return order.toArray(Integer[]::new);
  }

  private int longest() {
    int longest = 0;
    for (byte[] text : texts) {
      longest = Math.max(longest, text.length);
    }
    return longest;
  }

  /** How many bytes the two begin with alike. */
  private static int mismatch(byte[] a, byte[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }

  /** How many tokens there are, those without bytes included. */
  int tokenCount() {
    return texts.length;
  }

  /** How many nodes there are, the root included. */
  int size() {
    return bytes.length;
  }

  byte byteOf(int node) {
    return bytes[node];
  }

  int parent(int node) {
    return parents[node];
  }

  /** The first node behind the descendants of {@code node}. */
  int end(int node) {
    return ends[node];
  }

  /** A token of just the text of {@code node}; {@link #NONE} for none. */
  int token(int node) {
    return tokens[node];
  }

  /** Another token of the same text as {@code token}; {@link #NONE} for none. */
  int alike(int token) {
    return alike[token];
  }

  /** The bytes of a token; not to be changed. */
  byte[] text(int token) {
    return texts[token];
  }
}
