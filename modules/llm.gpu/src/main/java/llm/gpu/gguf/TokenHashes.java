package llm.gpu.gguf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The tokens of a vocabulary by a 64-bit hash of their text: enough to tell whether one is there,
 * in 8 bytes each, however long they are.
 */
final class TokenHashes {
  private static final long START = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  /** The highest byte that UTF-8 text may hold. */
  private static final int MAX_TEXT_BYTE = 0xF4;

  private long[] hashes = new long[1024];
  private int count;
  private boolean sorted;

  /** The hash (FNV-1a, mixed at the end) before the first byte. */
  static long start() {
    return START;
  }

  /** The hash after one more byte. */
  static long next(long hash, int value) {
    return (hash ^ (value & 0xff)) * PRIME;
  }

  /** The hash of a list whose first tokens have the one hash and whose next token has the other. */
  static long then(long list, long token) {
    return mix(list * PRIME ^ token);
  }

  /** Adds a token by the hash of its bytes. */
  void add(long hash) {
    hashes = count < hashes.length ? hashes : Arrays.copyOf(hashes, count * 2);
    hashes[count++] = mix(hash);
    sorted = false;
  }

  /** Whether a token was added twice; llama.cpp would assert. */
  boolean hasDuplicates() {
    sort();
    for (int i = 1; i < count; i++) {
      if (hashes[i] == hashes[i - 1]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether each byte of a text has a token to fall back to, {@code <0x41>} or {@code A}: llama.cpp
   * throws through its C interface where one is missing.
   */
  boolean coversBytes() {
    sort();
    for (int value = 0; value <= MAX_TEXT_BYTE; value++) {
      String named = String.format("<0x%02X>", value);
      if (!contains(named.getBytes(StandardCharsets.US_ASCII))
          && !contains(new byte[] {(byte) value})) {
        return false;
      }
    }
    return true;
  }

  private boolean contains(byte[] text) {
    long hash = START;
    for (byte value : text) {
      hash = next(hash, value);
    }
    return Arrays.binarySearch(hashes, 0, count, mix(hash)) >= 0;
  }

  private void sort() {
    if (!sorted) {
      Arrays.sort(hashes, 0, count);
      sorted = true;
    }
  }

  private static long mix(long hash) {
    long folded = (hash ^ hash >>> 32) * MIX;
    return folded ^ folded >>> 29;
  }
}
