package llm.core.dialect.json;

/**
 * Checks bytes for well-formed UTF-8 (Unicode 15.0, table 3-7): no overlong forms, no surrogates,
 * nothing above U+10FFFF, nothing cut off.
 */
final class Utf8 {
  private Utf8() {}

  /** The index of the first byte of the first ill-formed sequence from {@code start}; -1: none. */
  static int firstIllFormed(byte[] bytes, int start) {
    int index = start;
    while (index < bytes.length) {
      if (bytes[index] >= 0) {
        index++;
        continue;
      }
      int length = sequenceLength(bytes, index);
      if (length == 0) {
        return index;
      }
      index += length;
    }
    return -1;
  }

  /** Bytes of the well-formed multi-byte sequence at {@code index}; 0 when it is ill-formed. */
  private static int sequenceLength(byte[] bytes, int index) {
    int lead = bytes[index] & 0xFF;
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || bytes.length - index < length) {
      return 0;
    }
    int second = bytes[index + 1] & 0xFF;
    int least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) {
      return 0;
    }
    for (int next = index + 2; next < index + length; next++) {
      if ((bytes[next] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
