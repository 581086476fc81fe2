package llm.core.sse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Reads an event stream by the rules of the WHATWG HTML standard (section 9.2.6): lines end with
 * CR, LF or CRLF, a byte order mark at the begin is skipped, comments are passed over, several
 * {@code data} lines are joined by LF, and an event that its blank line does not close is dropped.
 *
 * <p>Pull-based: {@link #next} blocks on the stream as long as there is no whole event. An event's
 * data stays in the reader's one buffer, as the bytes {@link #bytes()} from {@link #offset()}, and
 * is valid until the next call of {@code next()}. The buffer grows to the size of the largest
 * event, at most to the limit; no byte is copied but to join lines and to make room.
 *
 * <p>One thread. The stream is its owner's to close.
 */
public final class SseReader implements FrameReader {
  private static final int INITIAL_BYTES = 2 * 1024;
  private static final String DEFAULT_EVENT = "message";

  private final InputStream in;
  private final int maxEventBytes;
  private final SseFields fields = new SseFields();

  private byte[] buffer = new byte[INITIAL_BYTES];
  private int limit; // end of what was read
  private int lineStart; // of the line that is being looked for
  private int scanned; // up to here that line has no end
  private boolean skipLineFeed; // the line before ended with CR
  private boolean firstLine = true;
  private boolean ended;
  private IOException failure; // met while looking ahead

  // the event that is being put together
  private boolean hasData;
  private int dataStart;
  private int dataEnd;

  // an event that is whole and was not handed out
  private boolean pending;

  // the event that was handed out
  private int offset;
  private int length;
  private String event = DEFAULT_EVENT;

  /**
   * A reader at the begin of {@code in}.
   *
   * @param maxEventBytes the most bytes of one line, and of one event's data
   */
  public SseReader(InputStream in, int maxEventBytes) {
    this.in = in;
    this.maxEventBytes = maxEventBytes;
  }

  /**
   * Moves to the next event; blocks until it is whole.
   *
   * @return false at the end of the stream
   * @throws SseTooLarge when a line or an event exceeds the limit
   * @throws IOException what the stream throws
   */
  @Override
  public boolean next() throws IOException {
    while (!pending && !parse()) {
      if (failure != null) {
        throw failure;
      }
      if (ended || !fill()) {
        return false;
      }
    }
    pending = false;
    offset = dataStart;
    length = dataEnd - dataStart;
    event = fields.takeEvent(DEFAULT_EVENT);
    return true;
  }

  /**
   * Whether {@link #next} would not wait. Takes what the stream has at hand; never blocks, and
   * leaves the present event as it is.
   */
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

  /** The buffer that holds the present event's data; not to be changed. */
  @Override
  public byte[] bytes() {
    return buffer;
  }

  /** Where in {@link #bytes()} the present event's data begins. */
  @Override
  public int offset() {
    return offset;
  }

  /** How many bytes of data the present event has. */
  @Override
  public int length() {
    return length;
  }

  /** The present event's type, {@code message} where it names none. */
  public String event() {
    return event;
  }

  /** The last event id the stream gave up to the present event; empty: none. */
  public String lastEventId() {
    return fields.lastEventId();
  }

  /** The reconnection time the stream asked for last, in milliseconds. */
  public OptionalLong retryMillis() {
    return fields.retryMillis();
  }

  /** Looks through the lines that are here; true when they complete an event. */
  private boolean parse() throws SseTooLarge {
    while (scanned < limit) {
      byte b = buffer[scanned];
      if (b != '\n' && b != '\r') {
        skipLineFeed = false;
        scanned++;
        continue;
      }
      if (b == '\n' && skipLineFeed) { // the second half of a CRLF
        skipLineFeed = false;
        lineStart = ++scanned;
        continue;
      }
      int from = lineStart;
      int to = scanned;
      require(to - from);
      skipLineFeed = b == '\r';
      lineStart = ++scanned;
      if (line(from, to)) {
        pending = true;
        return true;
      }
    }
    require(scanned - lineStart);
    return false;
  }

  private void require(int size) throws SseTooLarge {
    if (size > maxEventBytes) {
      throw new SseTooLarge(maxEventBytes);
    }
  }

  /** Takes one line; true when it ends an event. */
  private boolean line(int start, int to) throws SseTooLarge {
    int from = start;
    if (firstLine) {
      firstLine = false;
      from += hasMark(from, to) ? 3 : 0;
    }
    if (from == to) {
      boolean whole = hasData;
      hasData = false;
      if (!whole) {
        fields.takeEvent(DEFAULT_EVENT); // a type without data is forgotten
      }
      return whole;
    }
    int colon = from;
    while (colon < to && buffer[colon] != ':') {
      colon++;
    }
    int value = Math.min(to, colon + 1);
    if (value < to && buffer[value] == ' ') {
      value++;
    }
    if (isData(from, colon)) {
      data(value, to);
    } else if (colon > from) { // else a comment
      fields.take(buffer, from, colon, value, to);
    }
    return false;
  }

  /** Adds a line of data; the line stands behind what there is, so it can be moved up to it. */
  private void data(int from, int to) throws SseTooLarge {
    if (!hasData) {
      hasData = true;
      dataStart = from;
      dataEnd = to;
      return;
    }
    buffer[dataEnd++] = '\n';
    System.arraycopy(buffer, from, buffer, dataEnd, to - from);
    dataEnd += to - from;
    require(dataEnd - dataStart);
  }

  private boolean isData(int from, int to) {
    return to - from == 4
        && buffer[from] == 'd'
        && buffer[from + 1] == 'a'
        && buffer[from + 2] == 't'
        && buffer[from + 3] == 'a';
  }

  private boolean hasMark(int from, int to) {
    return to - from >= 3
        && buffer[from] == (byte) 0xEF
        && buffer[from + 1] == (byte) 0xBB
        && buffer[from + 2] == (byte) 0xBF;
  }

  /** Waits for more bytes; false at the end of the stream. */
  private boolean fill() throws IOException {
    makeRoom();
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

  /** Moves what is still needed to the front, and grows the buffer where that is not enough. */
  private void makeRoom() {
    int kept = hasData ? dataEnd - dataStart : 0;
    int rest = limit - lineStart;
    if (hasData) {
      System.arraycopy(buffer, dataStart, buffer, 0, kept);
      dataStart = 0;
      dataEnd = kept;
    }
    System.arraycopy(buffer, lineStart, buffer, kept, rest);
    scanned += kept - lineStart;
    lineStart = kept;
    limit = kept + rest;
    if (buffer.length - limit < buffer.length / 4) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
  }

  @Override
  public String toString() {
    return "event " + event + ": " + new String(buffer, offset, length, StandardCharsets.UTF_8);
  }
}
