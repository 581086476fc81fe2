package llm.providers.transport.http1;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;

/**
 * The body of a response, without its transfer coding (RFC 9112, sections 6.3 and 7.1). A read
 * gives everything that is in the buffer, over the borders of chunks, and waits only when that is
 * nothing. Line ends inside the chunked coding are CRLF, always: leniency there is where two
 * readers come to see two different bodies.
 *
 * <p>One thread at a time.
 */
public final class BodyReader {
  /** The most bytes of a chunk's size line after the size. */
  public static final int MAX_EXTENSION_BYTES = 1024;

  /** The most bytes of trailer fields. */
  public static final int MAX_TRAILER_BYTES = 8 * 1024;

  private static final int MAX_SIZE_DIGITS = 15;

  private enum State {
    DATA,
    UNTIL_CLOSE,
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER,
    TRAILER_LF,
    LAST_LF,
    ENDED
  }

  private final WireBuffer in;
  private final boolean chunked;
  private State state;
  private long left; // of the chunk or of the length
  private long chunkSize;
  private int digits;
  private int extensionBytes;
  private int trailerBytes;
  private ProtocolException broken; // what was found, and stays

  private BodyReader(WireBuffer in, boolean chunked, State state, long left) {
    this.in = in;
    this.chunked = chunked;
    this.state = state;
    this.left = left;
  }

  /**
   * The body that follows {@code head}.
   *
   * @param toHead whether the request was a HEAD, which has none
   */
  public static BodyReader of(WireBuffer in, ResponseHead head, boolean toHead) {
    if (toHead || head.status() == 204 || head.status() == 304 || head.contentLength() == 0) {
      return new BodyReader(in, false, State.ENDED, 0);
    }
    if (head.isChunked()) {
      return new BodyReader(in, true, State.SIZE, 0);
    }
    return head.contentLength() > 0
        ? new BodyReader(in, false, State.DATA, head.contentLength())
        : new BodyReader(in, false, State.UNTIL_CLOSE, Long.MAX_VALUE);
  }

  /** Whether the end was reached: what the next read would give is -1. */
  public boolean hasEnded() {
    return state == State.ENDED;
  }

  /** Whether the body ends with the connection. */
  public boolean isUntilClose() {
    return state == State.UNTIL_CLOSE;
  }

  /**
   * Reads what is there; waits when that is nothing.
   *
   * @return how many bytes, 1 at least; -1 at the true end
   * @throws EOFException when the connection ended before the body
   * @throws ProtocolException when the coding is broken
   */
  public int read(byte[] to, int offset, int length) throws IOException {
    int count = readBuffered(to, offset, length);
    while (count == 0) {
      if (state == State.ENDED) {
        return -1;
      }
      count = isData() && length >= WireBuffer.SIZE ? direct(to, offset, length) : fill();
      if (count == 0) {
        count = readBuffered(to, offset, length);
      }
    }
    return count;
  }

  /** How many bytes a read would give without waiting; at least 1 when it would give any. */
  public int ready() throws IOException {
    decode();
    return isData() ? (int) Math.min(left, in.size()) : 0;
  }

  /** Consumes what is in the buffer; whether that reached the end. Does not wait. */
  public boolean endsInBuffer() throws IOException {
    for (int count = ready(); count > 0; count = ready()) {
      in.skip(count);
      consumed(count);
    }
    return state == State.ENDED;
  }

  private int readBuffered(byte[] to, int offset, int length) throws IOException {
    int total = 0;
    for (int ready = ready(); ready > 0 && total < length; ready = readyAfter(total)) {
      int count = Math.min(ready, length - total);
      in.take(to, offset + total, count);
      consumed(count);
      total += count;
    }
    return total;
  }

  /** What is wrong behind good bytes is told by the next read: these are given first. */
  private int readyAfter(int total) throws IOException {
    try {
      return ready();
    } catch (ProtocolException later) {
      if (total == 0) {
        throw later;
      }
      return 0;
    }
  }

  private int direct(byte[] to, int offset, int length) throws IOException {
    int count = in.readDirectly(to, offset, (int) Math.min(length, left));
    if (count <= 0) {
      return sourceEnded();
    }
    consumed(count);
    return count;
  }

  private int fill() throws IOException {
    return in.fill() ? 0 : sourceEnded();
  }

  /** -1 when that is how this body ends. */
  private int sourceEnded() throws EOFException {
    if (state != State.UNTIL_CLOSE) {
      throw new EOFException("before the end of the body");
    }
    state = State.ENDED;
    return -1;
  }

  private boolean isData() {
    return state == State.DATA || state == State.UNTIL_CLOSE;
  }

  private void consumed(int count) {
    if (state == State.DATA) {
      left -= count;
      if (left == 0) {
        state = chunked ? State.DATA_CR : State.ENDED;
      }
    }
  }

  /** Moves over the coding, as far as it is in the buffer, to the next data. */
  private void decode() throws ProtocolException {
    if (broken != null) {
      throw broken;
    }
    try {
      while (!isData() && state != State.ENDED && in.size() > 0) {
        step(in.next());
      }
    } catch (ProtocolException wrong) {
      broken = wrong;
      throw wrong;
    }
  }

  private void step(byte b) throws ProtocolException {
    switch (state) {
      case SIZE -> size(b);
      case EXTENSION -> extension(b);
      case SIZE_LF -> {
        require(b == '\n', "a chunk's size line ends in a lone CR");
        left = chunkSize;
        state = chunkSize == 0 ? State.TRAILER_START : State.DATA;
        chunkSize = 0;
        digits = 0;
        extensionBytes = 0;
      }
      case DATA_CR -> state = expect(b, '\r', State.DATA_LF);
      case DATA_LF -> state = expect(b, '\n', State.SIZE);
      case TRAILER_START, TRAILER -> trailer(b);
      case TRAILER_LF -> {
        require(b == '\n', "a trailer line ends in a lone CR");
        state = State.TRAILER_START;
      }
      case LAST_LF -> {
        require(b == '\n', "the body ends in a lone CR");
        state = State.ENDED;
      }
      case DATA, UNTIL_CLOSE, ENDED -> throw new IllegalStateException("no coding in " + state);
    }
  }

  private void size(byte b) throws ProtocolException {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      require(++digits <= MAX_SIZE_DIGITS, "a chunk size has too many digits");
      chunkSize = chunkSize << 4 | digit;
      return;
    }
    require(digits > 0, "a chunk without a size");
    switch (b) {
      case '\r' -> state = State.SIZE_LF;
      case ';', ' ', '\t' -> state = State.EXTENSION;
      default -> throw new ProtocolException("a chunk size is no hexadecimal number");
    }
  }

  private void extension(byte b) throws ProtocolException {
    require(++extensionBytes <= MAX_EXTENSION_BYTES, "a chunk extension is too long");
    require(b != '\n', "a chunk's size line ends in a lone LF");
    if (b == '\r') {
      state = State.SIZE_LF;
    }
  }

  private void trailer(byte b) throws ProtocolException {
    require(++trailerBytes <= MAX_TRAILER_BYTES, "the trailer fields are too long");
    require(b != '\n', "a trailer line ends in a lone LF");
    if (b == '\r') {
      state = state == State.TRAILER_START ? State.LAST_LF : State.TRAILER_LF;
    } else {
      state = State.TRAILER;
    }
  }

  private static State expect(byte actual, char wanted, State next) throws ProtocolException {
    require(actual == wanted, "a chunk is longer than its size");
    return next;
  }

  private static void require(boolean holds, String broken) throws ProtocolException {
    if (!holds) {
      throw new ProtocolException(broken);
    }
  }
}
