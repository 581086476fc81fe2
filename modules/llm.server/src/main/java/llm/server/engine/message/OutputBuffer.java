package llm.server.engine.message;

import java.io.IOException;
import java.util.Arrays;

/**
 * What is to be sent on a connection, gathered so that one flush is one write of the socket. Small
 * while a connection is idle. One thread at a time.
 */
public final class OutputBuffer {
  /** Where the bytes go. */
  @FunctionalInterface
  public interface Sink {
    /** As {@link java.io.OutputStream#write(byte[], int, int)}. */
    void write(byte[] bytes, int offset, int length) throws IOException;
  }

  private static final int SMALL = 512;
  private static final int KEPT = 2048; // larger arrays are given back between requests
  private static final int MAX = 48 * 1024; // sizes of chunks have four digits at most
  private static final int DIRECT = 32 * 1024; // what is larger is not copied
  private static final int SIZE_LINE = 6; // four hexadecimal digits and a line end
  private static final int NONE = -1;
  private static final byte[] EMPTY = new byte[0];
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final Sink sink;
  private byte[] buffer = EMPTY;
  private int start;
  private int end;
  private int chunkStart = NONE; // where the data of the chunk that is open begins
  private int chunkPrefix; // where what stands before that chunk ends

  /** An empty buffer before {@code sink}. */
  public OutputBuffer(Sink sink) {
    this.sink = sink;
  }

  /** Adds ISO-8859-1 text; what is no such character becomes a question mark. */
  public void text(String text) throws IOException {
    int length = text.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      buffer[end + i] = (byte) (c < 256 ? c : '?');
    }
    end += length;
  }

  /** Adds a field's value: text in which nothing can end the line. */
  public void fieldValue(String value) throws IOException {
    text(value);
    for (int i = end - value.length(); i < end; i++) {
      boolean control = buffer[i] >= 0 && buffer[i] < ' ' && buffer[i] != '\t';
      if (control || buffer[i] == 0x7f) {
        buffer[i] = ' ';
      }
    }
  }

  /** Adds bytes. */
  public void bytes(byte[] bytes, int offset, int length) throws IOException {
    if (length > DIRECT) {
      flush();
      sink.write(bytes, offset, length);
      return;
    }
    reserve(length);
    System.arraycopy(bytes, offset, buffer, end, length);
    end += length;
  }

  /** Adds bytes. */
  public void bytes(byte[] bytes) throws IOException {
    bytes(bytes, 0, bytes.length);
  }

  /** Adds data of a body in chunks; until the next flush it is one chunk. */
  public void chunked(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return; // an empty chunk would be the last one
    }
    if (length > DIRECT) {
      flush();
      text(Integer.toHexString(length) + "\r\n");
      flush();
      sink.write(bytes, offset, length);
      text("\r\n");
      return;
    }
    if (end + SIZE_LINE + length + 2 > MAX) {
      flush();
    }
    reserve(SIZE_LINE + length + 2);
    if (chunkStart == NONE) {
      chunkPrefix = end;
      end += SIZE_LINE;
      chunkStart = end;
    }
    System.arraycopy(bytes, offset, buffer, end, length);
    end += length;
  }

  /** Adds the last chunk. */
  public void endChunks() throws IOException {
    closeChunk();
    text("0\r\n\r\n");
  }

  /** Sends what was added. */
  public void flush() throws IOException {
    closeChunk();
    if (end > start) {
      int from = start;
      int length = end - start;
      start = 0;
      end = 0;
      sink.write(buffer, from, length);
    }
  }

  /** Gives memory back that an idle connection does not need; what was not sent is dropped. */
  public void shrink() {
    start = 0;
    end = 0;
    chunkStart = NONE;
    if (buffer.length > KEPT) {
      buffer = EMPTY;
    }
  }

  /**
   * Writes the size before the chunk's data. The space for it was kept for four digits; what stands
   * before it, a head or nothing, moves up to the digits there are.
   */
  private void closeChunk() {
    if (chunkStart == NONE) {
      return;
    }
    int size = end - chunkStart;
    int at = chunkStart - 2;
    buffer[at] = '\r';
    buffer[at + 1] = '\n';
    for (int rest = size; rest > 0; rest >>>= 4) {
      at--;
      buffer[at] = HEX[rest & 0xf];
    }
    int shift = at - chunkPrefix;
    System.arraycopy(buffer, start, buffer, start + shift, chunkPrefix - start);
    start += shift;
    buffer[end] = '\r';
    buffer[end + 1] = '\n';
    end += 2;
    chunkStart = NONE;
  }

  /** Makes room for {@code length} more bytes, at most {@link #DIRECT} and a size line. */
  private void reserve(int length) throws IOException {
    if (buffer.length - end >= length) {
      return;
    }
    if (end + length > MAX) {
      flush();
    }
    if (buffer.length - end < length) {
      int wanted = Math.max(end + length, Math.min(MAX, buffer.length * 2));
      buffer = Arrays.copyOf(buffer, Math.max(SMALL, wanted));
    }
  }
}
