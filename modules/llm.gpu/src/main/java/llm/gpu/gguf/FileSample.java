package llm.gpu.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells models apart whose files have the same names, sizes and times: a SHA-256 of the files'
 * sizes, of their heads, where the GGUF header is, and of blocks spread evenly to their ends. Files
 * that differ between the blocks only are not told apart; nobody makes such by accident.
 */
public final class FileSample {
  /** The most bytes that are read, of all files together. */
  public static final long MAX_BYTES = 8L << 20;

  private static final int BLOCK_BYTES = 64 << 10;
  private static final int HEAD_PARTS = 4; // the head is one part of so many

  private FileSample() {}

  /**
   * The sample of a model's files, as hexadecimal digits; blocks while they are read.
   *
   * @param files 1 or more, in order
   * @throws IOException when one cannot be read
   */
  public static String of(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    long share = MAX_BYTES / files.size();
    for (Path file : files) {
      try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
        add(channel, share, digest);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(FileChannel channel, long share, MessageDigest digest)
      throws IOException {
    long size = channel.size();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(size).flip());
    if (size <= share) {
      add(channel, 0, size, digest);
      return;
    }
    long head = share / HEAD_PARTS;
    add(channel, 0, head, digest);
    long block = Math.min(BLOCK_BYTES, share - head);
    long blocks = (share - head) / block;
    for (long i = 1; i <= blocks; i++) {
      // the last one ends where the file does
      add(channel, head + (size - head - block) * i / blocks, block, digest);
    }
  }

  private static void add(FileChannel channel, long from, long count, MessageDigest digest)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BLOCK_BYTES, count));
    long at = from;
    while (at < from + count) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), from + count - at));
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw new IOException("the file became shorter while it was read");
      }
      digest.update(buffer.flip());
      at += read;
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible); // every JDK has it
    }
  }
}
