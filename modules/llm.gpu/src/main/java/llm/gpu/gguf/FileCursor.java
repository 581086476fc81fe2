package llm.gpu.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** Reads little-endian values of a file from its start; knows how many bytes are left. */
final class FileCursor {
  private static final int BUFFER_BYTES = 1 << 16;

  private final FileChannel channel;
  private final long size;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long bufferStart;

  /** A cursor at the start of {@code channel}, whose size is taken now. */
  FileCursor(FileChannel channel) throws IOException {
    this.channel = channel;
    this.size = channel.size();
  }

  long size() {
    return size;
  }

  long position() {
    return bufferStart + buffer.position();
  }

  long remaining() {
    return size - position();
  }

  int u8() throws IOException, GgufException {
    need(1);
    return buffer.get() & 0xff;
  }

  int u16() throws IOException, GgufException {
    need(2);
    return buffer.getShort() & 0xffff;
  }

  int i32() throws IOException, GgufException {
    need(4);
    return buffer.getInt();
  }

  long i64() throws IOException, GgufException {
    need(8);
    return buffer.getLong();
  }

  /** UTF-8 text of {@code length} bytes, which the caller has bounded. */
  String text(int length) throws IOException, GgufException {
    byte[] bytes = new byte[length];
    int done = 0;
    while (done < length) {
      need(1);
      int count = Math.min(length - done, buffer.remaining());
      buffer.get(bytes, done, count);
      done += count;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The hash of the next {@code length} bytes, as {@link TokenHashes} wants it. */
  long hash(long length) throws IOException, GgufException {
    long hash = TokenHashes.start();
    for (long i = 0; i < length; i++) {
      if (!buffer.hasRemaining()) {
        need(1);
      }
      hash = TokenHashes.next(hash, buffer.get());
    }
    return hash;
  }

  /** Passes over {@code length} bytes. */
  void skip(long length) throws IOException, GgufException {
    if (length < 0 || length > remaining()) {
      throw truncated();
    }
    if (length <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) length);
    } else {
      bufferStart = position() + length;
      buffer.position(0).limit(0);
    }
  }

  GgufException truncated() {
    return new GgufException("is truncated or damaged: it ends within its header");
  }

  private void need(int count) throws IOException, GgufException {
    if (buffer.remaining() >= count) {
      return;
    }
    if (remaining() < count) {
      throw truncated();
    }
    long start = position();
    buffer.compact();
    while (buffer.position() < count) {
      if (channel.read(buffer, start + buffer.position()) < 0) {
        throw truncated(); // it became shorter since it was opened
      }
    }
    buffer.flip();
    bufferStart = start;
  }
}
