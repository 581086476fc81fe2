package llm.gpu.prefix;

import java.util.Arrays;
import llm.gpu.adapter.AdapterSet;

/**
 * A sequence of a context with its tokens: those that are to be read, of which the first {@link
 * #computed()} are in the model's memory. One thread.
 */
public final class TokenSequence {
  private static final int MIN_ROOM = 64;

  private final int id;
  private int[] tokens;
  private int count;
  private int computed;
  private int pins;
  private long lastUse;
  private boolean active;
  private final AdapterSet adapters;
  private Cells.Branch places;

  TokenSequence(int id, int[] tokens, AdapterSet adapters, Cells.Branch places) {
    this.id = id;
    this.adapters = adapters;
    this.places = places;
    this.tokens = tokens.clone();
    this.count = tokens.length;
  }

  /** Its number in the context. */
  public int id() {
    return id;
  }

  /** What it is computed with. */
  public AdapterSet adapters() {
    return adapters;
  }

  /** Tokens that are known. */
  public int count() {
    return count;
  }

  /** How many of them are in the model's memory. */
  public int computed() {
    return computed;
  }

  /** How many are still to be computed. */
  public int remaining() {
    return count - computed;
  }

  /** Token number {@code index}. */
  public int token(int index) {
    if (index >= count) {
      throw new IndexOutOfBoundsException("token " + index + " of " + count);
    }
    return tokens[index];
  }

  /** A copy of the tokens that are known. */
  public int[] tokens() {
    return Arrays.copyOf(tokens, count);
  }

  /** A copy of the tokens that are in memory. */
  public int[] computedTokens() {
    return Arrays.copyOf(tokens, computed);
  }

  /** Adds a token that is to be computed. */
  public void append(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count + Math.max(MIN_ROOM, count / 2));
    }
    tokens[count++] = token;
  }

  /** Says that {@code more} tokens have been computed. */
  public void advance(int more) {
    if (more < 0 || more > remaining()) {
      throw new IllegalArgumentException(more + " of " + remaining() + " tokens");
    }
    computed += more;
  }

  /** Whether a request works with it. */
  boolean isActive() {
    return active;
  }

  /** Whether it is only kept, and may be given up. */
  boolean isIdle() {
    return !active && !isPinned();
  }

  void activate(boolean nowActive) {
    active = nowActive;
  }

  boolean isPinned() {
    return pins > 0;
  }

  void pin() {
    pins++;
  }

  void unpin() {
    pins--;
  }

  long lastUse() {
    return lastUse;
  }

  void used(long tick) {
    lastUse = tick;
  }

  /**
   * How many of its computed tokens are the first ones of {@code prompt}; 0 when that is computed
   * with others.
   */
  int commonPrefix(int[] prompt, AdapterSet with) {
    if (!adapters.equals(with)) {
      return 0;
    }
    int length = Math.min(computed, prompt.length);
    int differs = Arrays.mismatch(tokens, 0, length, prompt, 0, length);
    return differs < 0 ? length : differs;
  }

  /** How many of the computed tokens of {@code other} are its own computed ones. */
  int commonPrefix(TokenSequence other) {
    if (!adapters.equals(other.adapters)) {
      return 0;
    }
    int length = Math.min(computed, other.computed);
    int differs = Arrays.mismatch(tokens, 0, length, other.tokens, 0, length);
    return differs < 0 ? length : differs;
  }

  /** Where its places in the pool come from. */
  Cells.Branch places() {
    return places;
  }

  /** Makes it one over {@code prompt}, whose first {@code kept} tokens are in memory. */
  void become(int[] prompt, int kept) {
    if (kept < computed) {
      places = places.at(kept);
    }
    tokens = prompt.clone();
    count = prompt.length;
    computed = kept;
  }

  /** Forgets what is not computed. */
  void settle() {
    count = computed;
  }
}
