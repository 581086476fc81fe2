package llm.core.gbnf;

/** A set of bytes, 64 to a word. */
record ByteSet(long a, long b, long c, long d) {
  static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

  /** Whether {@code value}, 0 to 255, is in it. */
  boolean contains(int value) {
    long word = value < 64 ? a : value < 128 ? b : value < 192 ? c : d;
    return (word >>> value & 1) != 0; // shifts count modulo 64
  }

  /** It and the bytes of a range, both ends included. */
  ByteSet with(int from, int to) {
    return new ByteSet(
        a | word(from, to, 0),
        b | word(from, to, 64),
        c | word(from, to, 128),
        d | word(from, to, 192));
  }

  private static long word(int from, int to, int base) {
    int low = Math.max(from - base, 0);
    int high = Math.min(to - base, 63);
    return low > high ? 0 : -1L >>> 63 - high & -1L << low;
  }
}
