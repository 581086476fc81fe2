package llm.gpu.draft;

import java.util.Arrays;

/**
 * Finds what followed the last time that the text ended as it does now. Chains of positions by the
 * hash of the {@link #SHORTEST} tokens that end there, latest first, as in LZ77: adding a token and
 * looking up cost the same however long the text is, and allocate nothing but for growth. One
 * thread.
 */
final class TokenLookup {
  /** Tokens that must be the same before the place that is copied from. */
  static final int SHORTEST = 3;

  /** Tokens that are compared at most: longer ones say no more. */
  static final int LONGEST = 32;

  private static final int TRIED = 16; // places of a chain
  private static final int MIN_CAPACITY = 256;

  private int[] tokens = new int[MIN_CAPACITY];
  private int[] before = new int[MIN_CAPACITY]; // by position: the one before of its chain, or -1
  private int[] latest = newTable(MIN_CAPACITY); // by hash: the last position, or -1
  private int count;
  private int matched;
  private int place; // of the first token that was found

  /** Tokens added so far. */
  int count() {
    return count;
  }

  /** Adds the next token of the text. */
  void add(int token) {
    if (count == tokens.length) {
      grow();
    }
    tokens[count++] = token;
    chain(count - 1);
  }

  /** How many tokens before the last found place are the same. */
  int matched() {
    return matched;
  }

  /**
   * Looks up what may follow: behind the place where most of the last tokens stood before, of
   * equals the latest.
   *
   * @param most tokens to find
   * @param into where they go, from index 0
   * @return how many were found; 0 when the end stood nowhere before
   */
  int find(int most, int[] into) {
    matched = 0;
    int last = count - 1;
    int best = -1;
    int candidate = last < 0 ? -1 : before[last];
    for (int tries = TRIED; candidate >= 0 && tries > 0; tries--) {
      int length = same(candidate, last);
      if (length >= SHORTEST && length > matched) {
        matched = length;
        best = candidate;
      }
      candidate = before[candidate];
    }
    place = best + 1;
    return best < 0 ? 0 : copy(best + 1, most, into);
  }

  /** How many of the tokens found last, if there were enough, stand before this place. */
  int foundBefore(int end) {
    return Math.max(0, end - place);
  }

  /** Copies on from {@code place}; where that is the end of the text, from what was copied. */
  private int copy(int place, int most, int[] into) {
    for (int i = 0; i < most; i++) {
      int source = place + i;
      into[i] = source < count ? tokens[source] : into[source - count];
    }
    return most;
  }

  /** How many tokens up to two places are the same. */
  private int same(int one, int other) {
    int length = 0;
    int most = Math.min(LONGEST, one + 1);
    while (length < most && tokens[one - length] == tokens[other - length]) {
      length++;
    }
    return length;
  }

  private void chain(int place) {
    before[place] = -1;
    if (place + 1 < SHORTEST) {
      return;
    }
    int hash = hash(place);
    before[place] = latest[hash];
    latest[hash] = place;
  }

  private int hash(int place) {
    int hash = 0;
    for (int i = 0; i < SHORTEST; i++) {
      hash = hash * 31 + tokens[place - i];
    }
    return (hash * 0x9E3779B9) >>> (Integer.numberOfLeadingZeros(latest.length) + 1);
  }

  private void grow() {
    int capacity = 2 * tokens.length;
    tokens = Arrays.copyOf(tokens, capacity);
    before = new int[capacity];
    latest = newTable(capacity);
    for (int place = 0; place < count; place++) {
      chain(place);
    }
  }

  private static int[] newTable(int capacity) {
    int[] table = new int[2 * capacity];
    Arrays.fill(table, -1);
    return table;
  }
}
