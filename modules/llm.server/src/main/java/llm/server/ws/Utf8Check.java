package llm.server.ws;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks UTF-8 (RFC 3629) as it arrives, in pieces cut anywhere: no overlong form, no surrogate,
 * nothing beyond U+10FFFF. Says no at the first byte that no continuation could make right.
 */
final class Utf8Check {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private int missing; // bytes that the code point still needs
  private int low = 0x80; // the next of them is at least this
  private int high = 0xBF; // and at most this

  /** Whether {@code bytes[from, to)} can follow what was accepted before. */
  boolean accept(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      if (missing > 0) {
        int next = bytes[i++] & 0xFF;
        if (next < low || next > high) {
          return false;
        }
        follow(missing - 1, 0x80, 0xBF);
        continue;
      }
      i = pastAscii(bytes, i, to);
      if (i < to && !lead(bytes[i++] & 0xFF)) {
        return false;
      }
    }
    return true;
  }

  /** Whether no code point is left unfinished. */
  boolean isWhole() {
    return missing == 0;
  }

  private static int pastAscii(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i;
  }

  /** The table 3-7 of the Unicode standard: which second bytes follow which first. */
  private boolean lead(int first) {
    if (first < 0xC2 || first > 0xF4) {
      return false;
    }
    switch (first) {
      case 0xE0 -> follow(2, 0xA0, 0xBF);
      case 0xED -> follow(2, 0x80, 0x9F);
      case 0xF0 -> follow(3, 0x90, 0xBF);
      case 0xF4 -> follow(3, 0x80, 0x8F);
      default -> follow(first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3, 0x80, 0xBF);
    }
    return true;
  }

  private void follow(int count, int least, int most) {
    missing = count;
    low = least;
    high = most;
  }
}
