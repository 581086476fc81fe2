package llm.server.ws;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The masking of RFC 6455, section 5.3: byte {@code i} of a payload XOR byte {@code i mod 4}. */
final class Mask {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Mask() {}

  /**
   * Masks or unmasks {@code bytes[from, to)} in place, eight bytes a step.
   *
   * @param key the masking key, its first byte the highest
   * @param position where {@code from} stands in the frame's payload
   */
  static void apply(byte[] bytes, int from, int to, int key, long position) {
    int turned = Integer.rotateLeft(key, 8 * (int) (position & 3));
    long wide = (long) turned << 32 | turned & 0xFFFF_FFFFL;
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      LONGS.set(bytes, i, (long) LONGS.get(bytes, i) ^ wide);
    }
    for (int shift = 56; i < to; i++, shift -= 8) {
      bytes[i] ^= (byte) (wide >>> shift);
    }
  }
}
