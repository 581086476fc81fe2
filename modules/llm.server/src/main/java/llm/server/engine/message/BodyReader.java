package llm.server.engine.message;

import java.io.EOFException;
import java.io.IOException;

/**
 * Reads the body of one request out of the connection's buffer, to its end and no byte further. One
 * thread at a time.
 */
public abstract sealed class BodyReader {
  final InputBuffer in;
  private boolean ended;

  private BodyReader(InputBuffer in) {
    this.in = in;
  }

  /**
   * The body that a head announces.
   *
   * @param heads the reader that read the head: trailers have its limits
   */
  public static BodyReader of(RequestHead head, InputBuffer in, HeadReader heads) {
    if (head.length() == RequestHead.CHUNKED) {
      return new Chunked(in, heads);
    }
    return new Fixed(in, head.length());
  }

  /** Whether all of it was read. */
  public final boolean isEnded() {
    return ended;
  }

  /**
   * Reads at least one byte of it.
   *
   * @param length 1 or more
   * @return -1 after the end
   * @throws RefusedException when its chunks are malformed
   * @throws EOFException when the connection ended within it
   */
  public final int read(byte[] into, int offset, int length) throws IOException {
    if (ended) {
      return -1;
    }
    return readSome(into, offset, length);
  }

  abstract int readSome(byte[] into, int offset, int length) throws IOException;

  /** How much can be read without waiting; an estimate, never too high. */
  public abstract int available();

  final void end() {
    ended = true;
  }

  final int take(byte[] into, int offset, int length) throws IOException {
    int n = in.read(into, offset, length);
    if (n < 0) {
      throw new EOFException("the connection ended within a body");
    }
    return n;
  }

  /** A body of a length that its head tells. */
  private static final class Fixed extends BodyReader {
    private long left;

    private Fixed(InputBuffer in, long length) {
      super(in);
      left = length;
      if (length == 0) {
        end();
      }
    }

    @Override
    int readSome(byte[] into, int offset, int length) throws IOException {
      int n = take(into, offset, (int) Math.min(length, left));
      left -= n;
      if (left == 0) {
        end();
      }
      return n;
    }

    @Override
    public int available() {
      return (int) Math.min(left, in.available());
    }
  }

  /** A body in chunks (RFC 9112, section 7.1). Extensions and trailers are checked and dropped. */
  private static final class Chunked extends BodyReader {
    private static final int MAX_SIZE_DIGITS = 15; // fits a long
    private static final int NO_LINE_END = -1;
    private static final int MAX_EXTENSION_BYTES = 8 * 1024; // of all chunks of a body together

    private final HeadReader heads;
    private long left; // of the current chunk
    private boolean begun;
    private int extensionBytes;

    private Chunked(InputBuffer in, HeadReader heads) {
      super(in);
      this.heads = heads;
    }

    @Override
    int readSome(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        nextChunk();
        if (left == 0) {
          skipTrailers();
          end();
          return -1;
        }
      }
      int n = take(into, offset, (int) Math.min(length, left));
      left -= n;
      return n;
    }

    @Override
    public int available() {
      return (int) Math.min(left, in.available());
    }

    private void nextChunk() throws IOException {
      if (begun) {
        requireLineEnd(in.require());
      }
      begun = true;
      long size = 0;
      int digits = 0;
      int c = in.require();
      for (int digit = Characters.hexadecimal(c); digit >= 0; digit = Characters.hexadecimal(c)) {
        digits++;
        if (digits > MAX_SIZE_DIGITS) {
          throw new RefusedException(Refusal.CHUNK);
        }
        size = size << 4 | digit;
        c = in.require();
      }
      if (digits == 0) {
        throw new RefusedException(Refusal.CHUNK);
      }
      requireLineEnd(skipExtension(c));
      left = size;
    }

    /**
     * Passes the extensions, which begin with a semicolon, blanks before it allowed; returns what
     * stands after them. Blanks alone are none: other readers take "5 0" for 5, for 50, or for 0.
     */
    private int skipExtension(int first) throws IOException {
      int c = first;
      while (c == ' ' || c == '\t') {
        c = next();
      }
      if (c != ';') {
        return c == first ? c : NO_LINE_END;
      }
      while (Characters.isValue((byte) c)) {
        c = next();
      }
      return c;
    }

    private int next() throws IOException {
      extensionBytes++;
      if (extensionBytes > MAX_EXTENSION_BYTES) {
        throw new RefusedException(Refusal.CHUNK);
      }
      return in.require();
    }

    private void requireLineEnd(int c) throws IOException {
      if (c != '\r' || in.require() != '\n') {
        throw new RefusedException(Refusal.CHUNK);
      }
    }

    private void skipTrailers() throws IOException {
      heads.startTrailers();
      for (int count = 0; heads.skipTrailer(); count++) {
        if (count == heads.maxFields()) {
          throw new RefusedException(Refusal.HEADER_COUNT);
        }
      }
    }
  }
}
