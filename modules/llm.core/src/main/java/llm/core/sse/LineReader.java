package llm.core.sse;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads lines, as of JSON Lines: each ends with LF or CRLF, blank ones are passed over, and the
 * last one needs no end. A line stays in the reader's one buffer, which grows to the longest.
 */
public final class LineReader implements FrameReader {
  private static final int INITIAL_BYTES = 2 * 1024;

  private final InputStream in;
  private final int maxLineBytes;

  private byte[] buffer = new byte[INITIAL_BYTES];
  private int limit; // end of what was read
  private int lineStart; // of the line that is being looked for
  private int scanned; // up to here that line has no end
  private boolean ended;
  private IOException failure; // met while looking ahead
  private boolean pending; // a line was found and not handed out
  private int foundStart;
  private int foundEnd;
  private int offset;
  private int length;

  /** A reader at the begin of {@code in}; a longer line is a failure. */
  public LineReader(InputStream in, int maxLineBytes) {
    this.in = in;
    this.maxLineBytes = maxLineBytes;
  }

  @Override
  public boolean next() throws IOException {
    while (!pending && !parse()) {
      if (failure != null) {
        throw failure;
      }
      if (ended || !fill()) {
        return last();
      }
    }
    return handOut();
  }

  @Override
  public boolean hasReady() {
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

  @Override
  public byte[] bytes() {
    return buffer;
  }

  @Override
  public int offset() {
    return offset;
  }

  @Override
  public int length() {
    return length;
  }

  private boolean handOut() {
    pending = false;
    offset = foundStart;
    length = foundEnd - foundStart;
    return true;
  }

  /** What stands behind the last line end. */
  private boolean last() {
    boolean found = found(lineStart, limit);
    lineStart = limit;
    scanned = limit;
    return found && handOut();
  }

  /** Looks through what is here; true when it has a line. */
  private boolean parse() throws SseTooLarge {
    while (scanned < limit) {
      if (buffer[scanned] != '\n') {
        scanned++;
        continue;
      }
      int from = lineStart;
      lineStart = scanned + 1;
      scanned = lineStart;
      require(lineStart - from);
      if (found(from, lineStart - 1)) {
        return true;
      }
    }
    require(scanned - lineStart);
    return false;
  }

  private void require(int size) throws SseTooLarge {
    if (size > maxLineBytes) {
      throw new SseTooLarge(maxLineBytes);
    }
  }

  /** Whether there is anything but blanks between these; it is the line found then. */
  private boolean found(int start, int end) {
    int from = start;
    int to = end;
    while (from < to && isBlank(buffer[from])) {
      from++;
    }
    while (to > from && isBlank(buffer[to - 1])) {
      to--;
    }
    foundStart = from;
    foundEnd = to;
    pending = from < to;
    return pending;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  private boolean fill() throws IOException {
    System.arraycopy(buffer, lineStart, buffer, 0, limit - lineStart);
    limit -= lineStart;
    scanned -= lineStart;
    lineStart = 0;
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
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
