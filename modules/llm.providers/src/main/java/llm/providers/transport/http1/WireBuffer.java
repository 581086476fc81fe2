package llm.providers.transport.http1;

import java.io.IOException;
import java.util.Arrays;

/**
 * Bytes that came and were not yet consumed. It lives as long as its connection, so that a response
 * costs no buffer of its own. One thread at a time.
 */
public final class WireBuffer {
  /** What it holds at least, in bytes. */
  public static final int SIZE = 8 * 1024;

  /** Where bytes come from. */
  @FunctionalInterface
  public interface Source {
    /** As {@link java.io.InputStream#read(byte[], int, int)}; waits for one byte at least. */
    int read(byte[] to, int offset, int length) throws IOException;
  }

  private final Source source;
  private byte[] bytes = new byte[SIZE];
  private int at;
  private int end;

  /** An empty buffer. */
  public WireBuffer(Source source) {
    this.source = source;
  }

  /** How many bytes are here. */
  public int size() {
    return end - at;
  }

  /**
   * Waits for more bytes; grows when it is full.
   *
   * @return false when the source has ended
   */
  boolean fill() throws IOException {
    if (at == end) {
      at = 0;
      end = 0;
    } else if (end == bytes.length && at > 0) {
      System.arraycopy(bytes, at, bytes, 0, end - at);
      end -= at;
      at = 0;
    } else if (end == bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
    int count = source.read(bytes, end, bytes.length - end);
    end += Math.max(0, count);
    return count > 0;
  }

  /** The byte that lies {@code index} after the next one. */
  byte peek(int index) {
    return bytes[at + index];
  }

  /** The index of the first LF at or after {@code from}; -1 when there is none. */
  int lineFeed(int from) {
    for (int i = at + from; i < end; i++) {
      if (bytes[i] == '\n') {
        return i - at;
      }
    }
    return -1;
  }

  /** Consumes one byte. */
  byte next() {
    return bytes[at++];
  }

  /** Consumes bytes into an array of their own. */
  byte[] take(int count) {
    byte[] taken = Arrays.copyOfRange(bytes, at, at + count);
    at += count;
    if (at == end && bytes.length > SIZE) {
      bytes = new byte[SIZE]; // one large head must not stay with an idle connection
      at = 0;
      end = 0;
    }
    return taken;
  }

  /** Consumes bytes into {@code to}. */
  void take(byte[] to, int offset, int count) {
    System.arraycopy(bytes, at, to, offset, count);
    at += count;
  }

  /** Consumes bytes without looking at them. */
  void skip(int count) {
    at += count;
  }

  /** Reads past the buffer, which must be empty; waits. */
  int readDirectly(byte[] to, int offset, int length) throws IOException {
    return source.read(to, offset, length);
  }
}
