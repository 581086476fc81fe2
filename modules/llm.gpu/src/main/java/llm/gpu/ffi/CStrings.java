package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Reads C strings. */
final class CStrings {
  private static final long MAX_BYTES = 1L << 24;

  private CStrings() {}

  /**
   * The UTF-8 text at {@code pointer}; empty for NULL. Bytes that are no UTF-8 become U+FFFD: a log
   * line may quote anything.
   */
  static String read(MemorySegment pointer) {
    if (pointer.address() == 0) {
      return "";
    }
    MemorySegment text = pointer.reinterpret(MAX_BYTES);
    long length = 0;
    while (length < MAX_BYTES && text.get(JAVA_BYTE, length) != 0) {
      length++;
    }
    return new String(text.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }
}
