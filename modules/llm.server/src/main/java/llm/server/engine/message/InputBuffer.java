package llm.server.engine.message;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;

/**
 * What a connection has sent and nobody has taken yet. Small while a connection is idle; it grows
 * when a line of a head needs it, up to the limit that its reader states. One reader at a time.
 */
public final class InputBuffer {
  private static final int SMALL = 1024;
  private static final int KEPT = 2048; // larger arrays are given back when they are empty
  private static final byte[] NONE = new byte[0];

  /** Where the bytes come from. */
  @FunctionalInterface
  public interface Source {
    /** As {@link java.io.InputStream#read(byte[], int, int)}, for a length of 1 or more. */
    int read(byte[] into, int offset, int length) throws IOException;
  }

  private final Source source;
  byte[] bytes = NONE;
  int position;
  int end;

  /** An empty buffer over {@code source}. */
  public InputBuffer(Source source) {
    this.source = source;
  }

  /** Whether everything that came was taken. */
  public boolean isEmpty() {
    return position == end;
  }

  /**
   * Waits for more bytes and keeps them.
   *
   * @param limit the most bytes that may be kept; there must be fewer now
   * @return whether some came; false at the end of the input
   */
  public boolean fill(int limit) throws IOException {
    makeRoom(limit);
    int n = source.read(bytes, end, bytes.length - end);
    if (n > 0) {
      end += n;
    }
    return n > 0;
  }

  /** Takes bytes, from the source when there are none here; -1 at the end of the input. */
  public int read(byte[] into, int offset, int length) throws IOException {
    if (position == end) {
      if (length >= SMALL) {
        return source.read(into, offset, length); // a body need not pass through here
      }
      if (!fill(SMALL)) {
        return -1;
      }
    }
    int n = Math.min(length, end - position);
    System.arraycopy(bytes, position, into, offset, n);
    position += n;
    return n;
  }

  /** How many bytes can be taken without waiting. */
  public int available() {
    return end - position;
  }

  /** Takes one byte that must come. */
  int require() throws IOException {
    if (position == end && !fill(SMALL)) {
      throw new EOFException("the connection ended within a body");
    }
    return bytes[position++] & 0xff;
  }

  /** Gives memory back that an idle connection does not need. */
  public void shrink() {
    if (position == end && bytes.length > KEPT) {
      bytes = NONE;
      position = 0;
      end = 0;
    }
  }

  private void makeRoom(int limit) {
    if (position == end) {
      position = 0;
      end = 0;
    }
    if (end < bytes.length) {
      return;
    }
    if (position > 0) {
      System.arraycopy(bytes, position, bytes, 0, end - position);
      end -= position;
      position = 0;
    } else {
      bytes = Arrays.copyOf(bytes, Math.max(SMALL, Math.min(limit, bytes.length * 2)));
    }
  }
}
