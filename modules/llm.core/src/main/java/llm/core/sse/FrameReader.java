package llm.core.sse;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Takes a stream of bytes apart into frames, each of one line or more.
 *
 * <p>Pull-based: {@link #next} blocks on the stream as long as there is no whole frame. A frame
 * stays in the reader's one buffer, as the bytes {@link #bytes()} from {@link #offset()}, and is
 * valid until the next call of {@code next()}. The buffer grows to the size of the largest frame,
 * at most to the limit.
 *
 * <p>One thread. The stream is its owner's to close.
 */
public abstract sealed class FrameReader permits LineReader, SseReader {
  private static final int INITIAL_BYTES = 2 * 1024;

  private final InputStream in;
  private final int maxBytes;
  private boolean ended;
  private IOException failure; // met while looking ahead

  // a frame that was found and not handed out
  private boolean pending;
  private int foundStart;
  private int foundEnd;

  // the frame that was handed out
  private int offset;
  private int length;

  byte[] buffer = new byte[INITIAL_BYTES];
  int limit; // end of what was read
  int lineStart; // of the line that is being looked for
  int scanned; // up to here that line has no end

  /** A reader at the begin of {@code in}; a larger line or frame is a failure. */
  FrameReader(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /**
   * Moves to the next frame; blocks until it is whole.
   *
   * @return false at the end of the stream
   * @throws SseTooLarge when a line or a frame exceeds the limit
   * @throws IOException what the stream throws
   */
  public boolean next() throws IOException {
    while (!pending && !parse()) {
      if (failure != null) {
        throw failure;
      }
      if (ended || !fill()) {
        if (!last()) {
          return false;
        }
        break;
      }
    }
    pending = false;
    offset = foundStart;
    length = foundEnd - foundStart;
    return true;
  }

  /**
   * Whether {@link #next} would not wait. Takes what the stream has at hand; never blocks, and
   * leaves the present frame as it is.
   */
  public final boolean hasReady() {
    try {
      while (!pending && !parse() && failure == null && !ended) {
        int room = Math.min(in.available(), buffer.length - limit);
        if (room <= 0) {
          return false;
        }
        read(room);
      }
    } catch (IOException met) {
      failure = met; // for next() to throw
    }
    return true;
  }

  /** The buffer that holds the present frame; not to be changed. */
  public final byte[] bytes() {
    return buffer;
  }

  /** Where in {@link #bytes()} the present frame begins. */
  public final int offset() {
    return offset;
  }

  /** How many bytes the present frame has. */
  public final int length() {
    return length;
  }

  /** Looks through the lines that are here; true when a frame was {@link #found}. */
  abstract boolean parse() throws SseTooLarge;

  /** At the end of the stream: whether what is left is {@link #found} to be a frame. */
  abstract boolean last();

  /** Moves what is still needed to the front, and corrects all places. */
  abstract void keep();

  /** A frame is whole; it waits to be handed out. */
  final boolean found(int start, int end) {
    foundStart = start;
    foundEnd = end;
    pending = true;
    return true;
  }

  final void require(int size) throws SseTooLarge {
    if (size > maxBytes) {
      throw new SseTooLarge(maxBytes);
    }
  }

  /** Waits for more bytes; false at the end of the stream. */
  private boolean fill() throws IOException {
    keep();
    if (buffer.length - limit < buffer.length / 4) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    return read(buffer.length - limit);
  }

  private boolean read(int most) throws IOException {
    int count = in.read(buffer, limit, most);
    if (count < 0) {
      ended = true;
      return false;
    }
    limit += count;
    return true;
  }
}
