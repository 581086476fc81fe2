package llm.core.conversation;

import java.util.Arrays;

/**
 * The names of all turns of a conversation, eight bytes each: whether one was begun before is asked
 * at each turn, and must not cost a look into the store. Says yes to one that was begun, and to
 * another one in about 2⁶⁴ tries. One thread at a time.
 */
final class TurnNames {
  private static final int FIRST_SIZE = 16; // a power of 2, as all sizes
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L; // of Fibonacci hashing
  private static final long FREE = 0;

  private long[] hashes = new long[FIRST_SIZE];
  private int count;

  /** Adds a name; returns whether it was not there. */
  boolean add(String name) {
    if (2 * count >= hashes.length) {
      grow();
    }
    int at = place(hashes, hash(name));
    if (hashes[at] != FREE) {
      return false;
    }
    hashes[at] = hash(name);
    count++;
    return true;
  }

  /** Whether a name was added. */
  boolean contains(String name) {
    return hashes[place(hashes, hash(name))] != FREE;
  }

  /** How many there are. */
  int count() {
    return count;
  }

  private void grow() {
    long[] larger = new long[2 * hashes.length];
    Arrays.stream(hashes)
        .filter(hash -> hash != FREE)
        .forEach(hash -> larger[place(larger, hash)] = hash);
    hashes = larger;
  }

  /** Where a hash is, or would be. */
  private static int place(long[] table, long hash) {
    int at = (int) (hash >>> 32) & table.length - 1;
    while (table[at] != FREE && table[at] != hash) {
      at = at + 1 & table.length - 1;
    }
    return at;
  }

  private static long hash(String name) {
    long hash = name.length();
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * MULTIPLIER;
      hash ^= hash >>> 29;
    }
    return hash == FREE ? 1 : hash;
  }
}
