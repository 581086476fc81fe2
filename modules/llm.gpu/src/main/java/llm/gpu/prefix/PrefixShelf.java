package llm.gpu.prefix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.llama.SequenceStates;

/**
 * States of prefixes in ordinary memory, so that the pool stays small and far more of them survive
 * than it has room for. The least recently used are given up for new ones.
 *
 * <ul>
 *   <li>One of at most {@link #MAX_ENTRY_BYTES} is taken: it is copied by the engine's thread,
 *       which computes nothing meanwhile.
 *   <li>One that another one covers is not taken, those that it covers are replaced.
 *   <li>Where there is no memory for it, it is not taken, and nothing else happens.
 * </ul>
 *
 * <p>One thread, which closes it.
 */
public final class PrefixShelf implements AutoCloseable {
  /** The largest state: one is copied in some 30 ms. */
  public static final long MAX_ENTRY_BYTES = 64L << 20;

  /** The most of them: each prompt is compared with all. */
  static final int MAX_ENTRIES = 1_000;

  private final SequenceStates states;
  private final long maxBytes;
  private final Runnable onTakenBack;
  private final List<Entry> entries = new ArrayList<>(); // least recently used first
  private long bytes; // of those that are taken out too
  private int tokens; // of those on it

  /**
   * An empty one.
   *
   * @param maxBytes the most bytes of all states and their tokens; 0 takes none
   * @param onTakenBack runs when a prompt goes on from one
   */
  public PrefixShelf(SequenceStates states, long maxBytes, Runnable onTakenBack) {
    this.states = states;
    this.onTakenBack = onTakenBack;
    this.maxBytes = maxBytes;
  }

  /** A prefix that is kept here. */
  static final class Entry {
    private final int[] tokens;
    private final AdapterSet adapters;
    private final MemorySegment state;
    private final Arena arena;
    private final int least; // tokens it can be cut back to

    private Entry(int[] tokens, AdapterSet adapters, MemorySegment state, Arena arena, int least) {
      this.tokens = tokens;
      this.adapters = adapters;
      this.state = state;
      this.arena = arena;
      this.least = least;
    }

    int count() {
      return tokens.length;
    }

    int[] tokens() {
      return tokens.clone();
    }

    /** What it was computed with. */
    AdapterSet adapters() {
      return adapters;
    }

    /** The state; valid as long as the entry is. */
    MemorySegment state() {
      return state;
    }

    private long bytes() {
      return sizeOf(tokens.length, state.byteSize());
    }

    /** In tokens; 0 when the other one is computed with others. */
    private int commonPrefix(int[] other, AdapterSet with) {
      if (!adapters.equals(with)) {
        return 0;
      }
      int differs = Arrays.mismatch(tokens, other);
      return differs < 0 ? tokens.length : differs;
    }
  }

  /** An entry, and how many of its tokens a prompt begins with. */
  record Match(Entry entry, int common) {}

  /** Whether it takes none at all. */
  boolean isNone() {
    return maxBytes == 0;
  }

  /** Bytes of all states and their tokens. */
  public long bytes() {
    return bytes;
  }

  /** Tokens of all prefixes. */
  public int tokens() {
    return tokens;
  }

  /** All of them, most recently used first. */
  List<Entry> entries() {
    return entries.reversed();
  }

  /**
   * Copies what is computed of a sequence.
   *
   * @return whether it is here now
   */
  boolean put(TokenSequence sequence) {
    if (isNone()) {
      return false;
    }
    int[] prefix = sequence.computedTokens();
    AdapterSet with = sequence.adapters();
    Optional<Entry> covering =
        entries.stream().filter(entry -> covers(entry, prefix, with)).findFirst();
    if (covering.isPresent()) {
      used(covering.get());
      return true;
    }
    long stateBytes = states.stateBytes(sequence.id());
    if (!isSmallEnough(prefix.length, stateBytes)) {
      return false;
    }
    for (Entry entry : List.copyOf(entries)) {
      if (entry.commonPrefix(prefix, with) == entry.count()) {
        remove(entry);
      }
    }
    while (!entries.isEmpty() && !hasRoom(prefix.length, stateBytes)) {
      remove(entries.getFirst());
    }
    return hasRoom(prefix.length, stateBytes)
        && add(
            entries.size(),
            prefix,
            with,
            stateBytes,
            target -> states.saveState(sequence.id(), target));
  }

  /**
   * Copies a state as that of the prefix which was used least recently; gives up none for it.
   *
   * @return whether it is here now
   */
  boolean putLast(int[] prefix, AdapterSet adapters, MemorySegment state) {
    return !isNone()
        && isSmallEnough(prefix.length, state.byteSize())
        && hasRoom(prefix.length, state.byteSize())
        && add(
            0,
            prefix,
            adapters,
            state.byteSize(),
            target -> {
              target.copyFrom(state);
              return true;
            });
  }

  /** The one that has most in common with {@code prompt}, whose last token is not counted. */
  Optional<Match> longestMatch(int[] prompt, AdapterSet adapters) {
    Match best = null;
    for (Entry entry : entries) {
      int common = Math.min(prompt.length - 1, entry.commonPrefix(prompt, adapters));
      boolean better =
          best == null
              || common > best.common()
              || common == best.common() && entry.count() < best.entry().count();
      if (common > 0 && common >= entry.least && better) {
        best = new Match(entry, common);
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * Fills the empty sequence {@code id} with a state of this memory.
   *
   * @return false when it was refused; the sequence is empty then
   */
  boolean restore(MemorySegment state, int id) {
    return states.restoreState(id, state);
  }

  /** Says that a prompt goes on from one. */
  void takenBack() {
    onTakenBack.run();
  }

  /** Takes one out for a while: it is not given up for others then. */
  void takeOut(Entry entry) {
    entries.remove(entry);
    tokens -= entry.count();
  }

  /** Puts back what was taken out, as the one used most recently. */
  void putBack(Entry entry) {
    entries.add(entry);
    tokens += entry.count();
  }

  /** Gives up what was taken out. */
  void free(Entry entry) {
    bytes -= entry.bytes();
    entry.arena.close();
  }

  /** Frees all of them. Idempotent. */
  @Override
  public void close() {
    List.copyOf(entries).forEach(this::remove);
  }

  private boolean add(
      int index,
      int[] prefix,
      AdapterSet adapters,
      long stateBytes,
      Predicate<MemorySegment> fill) {
    Arena arena = Arena.ofConfined();
    boolean added = false;
    try {
      MemorySegment state = arena.allocate(stateBytes);
      if (fill.test(state)) {
        var entry = new Entry(prefix, adapters, state, arena, states.leastOfState(prefix.length));
        entries.add(index, entry);
        bytes += entry.bytes();
        tokens += entry.count();
        added = true;
      }
    } catch (OutOfMemoryError _) {
      return false; // the system gives no more; the prefix is computed again where it is wanted
    } finally {
      if (!added) {
        arena.close();
      }
    }
    return added;
  }

  private boolean isSmallEnough(int count, long stateBytes) {
    return stateBytes > 0 && sizeOf(count, stateBytes) <= Math.min(MAX_ENTRY_BYTES, maxBytes);
  }

  private boolean hasRoom(int count, long stateBytes) {
    return entries.size() < MAX_ENTRIES && bytes + sizeOf(count, stateBytes) <= maxBytes;
  }

  private void remove(Entry entry) {
    takeOut(entry);
    free(entry);
  }

  private void used(Entry entry) {
    entries.remove(entry);
    entries.add(entry);
  }

  private static boolean covers(Entry entry, int[] prefix, AdapterSet with) {
    return prefix.length >= entry.least && entry.commonPrefix(prefix, with) == prefix.length;
  }

  private static long sizeOf(int count, long stateBytes) {
    return stateBytes + (long) count * Integer.BYTES;
  }
}
