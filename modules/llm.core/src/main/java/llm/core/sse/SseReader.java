package llm.core.sse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/**
 * Reads an event stream by the rules of the WHATWG HTML standard (section 9.2.6): lines end with
 * CR, LF or CRLF, a byte order mark at the begin is skipped, comments are passed over, several
 * {@code data} lines are joined by LF, and an event that its blank line does not close is dropped.
 *
 * <p>The bytes of a frame are its event's data; none is copied but to join lines and to make room.
 */
public final class SseReader extends FrameReader {
  private static final String DEFAULT_EVENT = "message";

  private final SseFields fields = new SseFields();
  private boolean skipLineFeed; // the line before ended with CR
  private boolean firstLine = true;
  private String event = DEFAULT_EVENT; // of what was handed out

  // the event that is being put together
  private boolean hasData;
  private int dataStart;
  private int dataEnd;

  /**
   * A reader at the begin of {@code in}.
   *
   * @param maxEventBytes the most bytes of one line, and of one event's data
   */
  public SseReader(InputStream in, int maxEventBytes) {
    super(in, maxEventBytes);
  }

  @Override
  public boolean next() throws IOException {
    boolean found = super.next();
    if (found) {
      event = fields.takeEvent(DEFAULT_EVENT);
    }
    return found;
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

  @Override
  boolean parse() throws SseTooLarge {
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
        return found(dataStart, dataEnd);
      }
    }
    require(scanned - lineStart);
    return false;
  }

  /** An event that its blank line does not close is none. */
  @Override
  boolean last() {
    return false;
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

  @Override
  void keep() {
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
  }

  @Override
  public String toString() {
    return "event "
        + event
        + ": "
        + new String(bytes(), offset(), length(), StandardCharsets.UTF_8);
  }
}
