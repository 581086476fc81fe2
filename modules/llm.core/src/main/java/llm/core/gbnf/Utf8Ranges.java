package llm.core.gbnf;

import java.util.ArrayList;
import java.util.List;

/** Sets of characters as sequences of ranges of bytes: none of them is overlong. */
final class Utf8Ranges {
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

  private Utf8Ranges() {}

  /** Sequences of pairs, from and to, that together are just the characters of {@code set}. */
  static List<int[]> of(CharSet set) {
    List<int[]> sequences = new ArrayList<>();
    for (CharSet.Range range : set.ranges()) {
      int from = range.from();
      for (int length = 1; length <= 4 && from <= range.to(); length++) {
        int last = Math.min(range.to(), LAST_OF_LENGTH[length - 1]);
        if (from <= last) {
          add(sequences, from, last, length);
          from = last + 1;
        }
      }
    }
    return sequences;
  }

  /** Cuts a range of characters of one length where its bytes do not vary freely. */
  private static void add(List<int[]> sequences, int from, int to, int length) {
    for (int tail = length - 1; tail >= 1; tail--) {
      int mask = (1 << 6 * tail) - 1; // of what the last bytes say
      if ((from & ~mask) != (to & ~mask)) {
        if ((from & mask) != 0) {
          add(sequences, from, from | mask, length);
          add(sequences, (from | mask) + 1, to, length);
          return;
        }
        if ((to & mask) != mask) {
          add(sequences, from, (to & ~mask) - 1, length);
          add(sequences, to & ~mask, to, length);
          return;
        }
      }
    }
    int[] sequence = new int[2 * length];
    for (int i = 0; i < length; i++) {
      sequence[2 * i] = byteOf(from, i, length);
      sequence[2 * i + 1] = byteOf(to, i, length);
    }
    sequences.add(sequence);
  }

  private static int byteOf(int codePoint, int index, int length) {
    if (length == 1) {
      return codePoint;
    }
    int bits = codePoint >> 6 * (length - 1 - index);
    int lead = 0xF00 >> length & 0xFF; // 110…, 1110…, 11110…
    return index == 0 ? lead | bits : 0x80 | bits & 0x3F;
  }
}
