package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct llama_chat_message}, 16 bytes: two pointers to C strings. */
public final class ChatMessageStruct {
  /** The struct as {@code llama.h} declares it. */
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(ADDRESS.withName("role"), ADDRESS.withName("content"));

  private ChatMessageStruct() {}

  /** An array of {@code count} messages. */
  public static MemorySegment allocateArray(Arena arena, int count) {
    return arena.allocate(LAYOUT, count);
  }

  /** Sets message {@code index} of an array. */
  public static void set(
      MemorySegment array, int index, MemorySegment role, MemorySegment content) {
    long at = index * LAYOUT.byteSize();
    array.set(ADDRESS, at, role);
    array.set(ADDRESS, at + ADDRESS.byteSize(), content);
  }
}
