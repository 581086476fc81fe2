package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;
import llm.domain.port.TimeSource;

/**
 * Which tokens a grammar allows behind a text. They are found by walking through the tree of the
 * tokens' bytes and the grammar at once, and remembered for the state behind the text. Most of the
 * work is shared: the tokens that stay within a string are the same in every string. One thread.
 */
final class TokenMasks {
  private static final int MOST_BYTES = 4 << 20; // of what is remembered

  /** Steps of the grammar, for one mask: a few hundredths of a second. */
  static final long MOST_WORK = 300_000;

  private final Gbnf gbnf;
  private final TokenTrie trie;
  private final Map<Integer, byte[]> marks = new HashMap<>(); // names, by control token
  private final Map<GbnfState, long[]> masks;
  private final Map<GbnfState, Inner> inners;
  private final GrammarMetrics metrics;
  private final TimeSource time;
  private final GbnfState[] path; // of a walk, by depth
  private final int[] closes; // by depth: the end of the node there
  private GbnfState start; // null until it is needed
  private GbnfState startBehindSpace; // likewise
  private boolean skipsSpace; // known with it

  /** The tokens of a rule by itself: those it allows, and nodes where it may have ended. */
  private record Inner(long[] mask, int[] ends) {}

  /**
   * For one grammar.
   *
   * @param allowedMarks names of control tokens that may be chosen where the grammar has the name
   */
  TokenMasks(
      Gbnf gbnf,
      ModelTokens tokens,
      Set<String> allowedMarks,
      GrammarMetrics metrics,
      TimeSource time) {
    this.gbnf = gbnf;
    this.metrics = metrics;
    this.time = time;
    this.trie = tokens.trie();
    for (String name : allowedMarks) {
      int token = tokens.mark(name);
      if (token != TokenTrie.NONE) {
        marks.put(token, name.getBytes(StandardCharsets.UTF_8));
      }
    }
    int most = Math.max(16, MOST_BYTES / (words() * Long.BYTES));
    this.masks = new Remembered<>(most);
    this.inners = new Remembered<>(most / 4);
    int deepest = 1;
    for (int token = 0; token < trie.tokenCount(); token++) {
      deepest = Math.max(deepest, trie.text(token).length);
    }
    this.path = new GbnfState[deepest + 1];
    this.closes = new int[deepest + 1];
  }

  /** The state before an answer. */
  GbnfState start() throws GbnfException {
    if (start == null) {
      start = gbnf.start();
    }
    return start;
  }

  /** The state behind reasoning: a little white space may come first, which is skipped. */
  GbnfState startBehindSpace() throws GbnfException {
    if (startBehindSpace == null) {
      skipsSpace = !beginsWithSpace();
      startBehindSpace = skipsSpace ? gbnf.startBehindSpace() : start();
    }
    return startBehindSpace;
  }

  /** Whether white space behind reasoning is none of the grammar's; known once that has begun. */
  boolean skipsSpace() {
    return skipsSpace;
  }

  private boolean beginsWithSpace() throws GbnfException {
    for (byte space : LeadingSpace.BYTES) {
      if (!start().next(space).isDead()) {
        return true;
      }
    }
    return false;
  }

  /** The bytes that a token stands for in this grammar; none where it is never allowed. */
  byte[] text(int token) {
    byte[] name = marks.get(token);
    return name == null ? trie.text(token) : name;
  }

  /** The state behind {@code token} more; dead where it is not allowed. */
  GbnfState behind(GbnfState state, int token) throws GbnfException {
    byte[] text = text(token);
    return text.length == 0 ? dead(state) : state.next(text, 0, text.length);
  }

  private static GbnfState dead(GbnfState state) throws GbnfException {
    return state.next((byte) 0xFF); // is in no text
  }

  /**
   * The tokens allowed behind the text of {@code state}, by bits; not to be changed.
   *
   * @throws GbnfException when the grammar is too ambiguous for that
   */
  long[] of(GbnfState state) throws GbnfException {
    long[] known = masks.get(state);
    if (known != null) {
      metrics.known();
      return known;
    }
    long begun = time.nanoTime();
    long[] mask = find(state);
    metrics.found(time.nanoTime() - begun);
    masks.put(state, mask);
    return mask;
  }

  /**
   * Finds the tokens behind each byte of {@code text} and remembers none: so that the code of it is
   * compiled.
   */
  void rehearse(byte[] text) throws GbnfException {
    GbnfState at = start();
    for (byte each : text) {
      find(at);
      at = at.next(each);
    }
    find(at);
  }

  private long[] find(GbnfState state) throws GbnfException {
    long mostWork = state.work() + MOST_WORK;
    GbnfState inner = state.inner();
    long[] mask;
    if (inner == state) {
      mask = new long[words()];
      walk(0, state, mask, null, mostWork);
    } else {
      Inner within = inner(inner, mostWork);
      mask = within.mask().clone();
      for (int node : within.ends()) {
        GbnfState there = at(node, state);
        if (!there.isDead()) {
          walk(node, there, mask, null, mostWork);
        }
        require(there, mostWork);
      }
    }
    for (var mark : marks.entrySet()) {
      byte[] name = mark.getValue();
      if (!state.next(name, 0, name.length).isDead()) {
        set(mask, mark.getKey());
      }
    }
    return mask;
  }

  private Inner inner(GbnfState inner, long mostWork) throws GbnfException {
    Inner known = inners.get(inner);
    if (known == null) {
      long[] mask = new long[words()];
      List<Integer> ends = new ArrayList<>();
      walk(0, inner, mask, ends, mostWork);
      known = new Inner(mask, ends.stream().mapToInt(Integer::intValue).toArray());
      inners.put(inner, known);
    }
    return known;
  }

  /** The state behind the text of {@code node}, from {@code state} on. */
  private GbnfState at(int node, GbnfState state) throws GbnfException {
    int length = 0;
    for (int up = node; up != 0; up = trie.parent(up)) {
      length++;
    }
    byte[] text = new byte[length];
    for (int up = node; up != 0; up = trie.parent(up)) {
      text[--length] = trie.byteOf(up);
    }
    return state.next(text, 0, text.length);
  }

  /**
   * Sets the tokens below {@code from}.
   *
   * @param state behind the text of {@code from}
   * @param ends gets the outermost nodes at which the grammar may end, if it is not null
   * @param mostWork of the grammar, for the whole mask
   */
  private void walk(int from, GbnfState state, long[] mask, List<Integer> ends, long mostWork)
      throws GbnfException {
    path[0] = state;
    int end = trie.end(from);
    int depth = 0;
    int covered = 0; // up to here the nodes are below one of the ends
    for (int node = from + 1; node < end; ) {
      while (depth > 0 && node >= closes[depth]) {
        depth--;
      }
      GbnfState next = path[depth].next(trie.byteOf(node));
      require(path[depth], mostWork);
      if (next.isDead()) {
        node = trie.end(node);
        continue;
      }
      for (int token = trie.token(node); token != TokenTrie.NONE; token = trie.alike(token)) {
        set(mask, token);
      }
      if (ends != null && next.mayEnd() && node >= covered) {
        ends.add(node);
        covered = trie.end(node);
      }
      depth++;
      path[depth] = next;
      closes[depth] = trie.end(node);
      node++;
    }
  }

  private static void require(GbnfState state, long mostWork) throws GbnfException {
    if (state.work() > mostWork) {
      throw tooInvolved("which tokens it allows was not found", MOST_WORK);
    }
  }

  /** More work than others may be made to wait for. */
  static GbnfException tooInvolved(String what, long steps) {
    return new GbnfException(
        "it is too involved: "
            + what
            + " in "
            + steps
            + " steps; give its rules fewer ways to say the same");
  }

  private int words() {
    return (trie.tokenCount() + Long.SIZE - 1) / Long.SIZE;
  }

  private static void set(long[] mask, int token) {
    mask[token / Long.SIZE] |= 1L << token;
  }
}
