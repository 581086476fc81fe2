package llm.gpu.prefix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import llm.gpu.adapter.AdapterSet;

/**
 * The form of a saved prefix. Numbers are in this machine's order, as llama.cpp's own states are.
 *
 * <ol>
 *   <li>8 bytes: {@link #MAGIC}; a change of this form changes it.
 *   <li>32 bytes: SHA-256 of what the state belongs to.
 *   <li>8 bytes: how many tokens; 8 bytes: how many bytes of state; 8 bytes: of the adapters' text.
 *   <li>8 bytes: CRC-32C of the 24 bytes before, the tokens, the adapters and the state.
 *   <li>The tokens, 4 bytes each, padded to 8; the adapters as {@link AdapterSet#text}, padded with
 *       zeros to 8; the state.
 * </ol>
 */
final class StateFile {
  static final long MAGIC = 0x33584650_4d4c4cL; // "LLMPFX3"

  private static final int HASH_AT = 8;
  private static final int HASH_BYTES = 32;
  private static final int COUNTS_AT = HASH_AT + HASH_BYTES;
  private static final int COUNTS_BYTES = 24;
  private static final int SUM_AT = COUNTS_AT + COUNTS_BYTES;
  private static final int HEADER_BYTES = SUM_AT + 8;
  private static final int NAME_DIGITS = 16;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int MAX_TEXT_BYTES = 4096; // of adapters, of which a request names few

  private StateFile() {}

  /**
   * What a file holds.
   *
   * @param state within the bytes that were parsed
   */
  record Content(int[] tokens, AdapterSet adapters, MemorySegment state) {}

  /** The beginning of the names of files of {@code origin}. */
  static String name(Origin origin) {
    return HexFormat.of().formatHex(hash(origin.file())).substring(0, NAME_DIGITS);
  }

  /** The file's parts, in order; the state is the caller's. Empty for adapters not known there. */
  static List<MemorySegment> parts(
      Origin origin, int[] tokens, AdapterSet adapters, MemorySegment state, Arena arena) {
    Optional<String> content = origin.contentWith(adapters);
    if (content.isEmpty()) {
      return List.of();
    }
    MemorySegment ids = arena.allocate(padded(tokens.length * (long) Integer.BYTES), Long.BYTES);
    MemorySegment.copy(tokens, 0, ids, JAVA_INT, 0, tokens.length);
    byte[] text = adapters.text().getBytes(StandardCharsets.UTF_8);
    MemorySegment with = arena.allocate(padded(text.length), Long.BYTES);
    MemorySegment.copy(text, 0, with, JAVA_BYTE, 0, text.length);
    MemorySegment header = arena.allocate(HEADER_BYTES, Long.BYTES);
    header.set(JAVA_LONG, 0, MAGIC);
    MemorySegment.copy(
        hash(origin.file() + "\n" + content.get()), 0, header, JAVA_BYTE, HASH_AT, HASH_BYTES);
    header.set(JAVA_LONG, COUNTS_AT, tokens.length);
    header.set(JAVA_LONG, COUNTS_AT + 8, state.byteSize());
    header.set(JAVA_LONG, COUNTS_AT + 16, text.length);
    header.set(JAVA_LONG, SUM_AT, sum(header.asSlice(COUNTS_AT, COUNTS_BYTES), ids, with, state));
    return List.of(header, ids, with, state);
  }

  /** How long the file of {@code tokens} tokens and so many bytes of state is. */
  static long size(int tokens, AdapterSet adapters, long stateBytes) {
    int text = adapters.text().getBytes(StandardCharsets.UTF_8).length;
    return HEADER_BYTES + padded((long) tokens * Integer.BYTES) + padded(text) + stateBytes;
  }

  /** The content; empty when the bytes are not whole, or belong to something else. */
  static Optional<Content> parse(Origin origin, MemorySegment bytes) {
    if (bytes.byteSize() < HEADER_BYTES || bytes.get(JAVA_LONG, 0) != MAGIC) {
      return Optional.empty();
    }
    long tokens = bytes.get(JAVA_LONG, COUNTS_AT);
    long stateBytes = bytes.get(JAVA_LONG, COUNTS_AT + 8);
    long textBytes = bytes.get(JAVA_LONG, COUNTS_AT + 16);
    long body = bytes.byteSize() - HEADER_BYTES;
    if (tokens < 1
        || tokens > Math.min(body / Integer.BYTES, Integer.MAX_VALUE)
        || stateBytes < 1
        || textBytes < 0
        || textBytes > Math.min(body, MAX_TEXT_BYTES)
        || padded(tokens * Integer.BYTES) + padded(textBytes) != body - stateBytes) {
      return Optional.empty();
    }
    MemorySegment ids = bytes.asSlice(HEADER_BYTES, padded(tokens * Integer.BYTES));
    MemorySegment with = bytes.asSlice(HEADER_BYTES + ids.byteSize(), padded(textBytes));
    MemorySegment state = bytes.asSlice(bytes.byteSize() - stateBytes);
    if (bytes.get(JAVA_LONG, SUM_AT)
        != sum(bytes.asSlice(COUNTS_AT, COUNTS_BYTES), ids, with, state)) {
      return Optional.empty();
    }
    byte[] hash = bytes.asSlice(HASH_AT, HASH_BYTES).toArray(JAVA_BYTE);
    byte[] text = with.asSlice(0, textBytes).toArray(JAVA_BYTE);
    int[] known = ids.asSlice(0, tokens * Integer.BYTES).toArray(JAVA_INT);
    return AdapterSet.parse(new String(text, StandardCharsets.UTF_8))
        .filter(set ->
            origin
                .contentWith(set)
                .filter(content -> Arrays.equals(hash, hash(origin.file() + "\n" + content)))
                .isPresent())
        .map(set -> new Content(known, set, state));
  }

  private static long padded(long bytes) {
    return (bytes + 7) / 8 * 8;
  }

  private static long sum(MemorySegment... parts) {
    var sum = new CRC32C();
    for (MemorySegment part : parts) {
      for (long from = 0; from < part.byteSize(); from += CHUNK_BYTES) {
        long length = Math.min(CHUNK_BYTES, part.byteSize() - from);
        sum.update(part.asSlice(from, length).asByteBuffer());
      }
    }
    return sum.getValue();
  }

  private static byte[] hash(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return digest.digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible); // every JDK has it
    }
  }
}
