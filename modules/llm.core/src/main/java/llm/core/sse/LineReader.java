package llm.core.sse;

import java.io.InputStream;

/**
 * Reads lines, as of JSON Lines: each ends with LF or CRLF, blank ones are passed over, and the
 * last one needs no end.
 */
public final class LineReader extends FrameReader {
  /** A reader at the begin of {@code in}; a longer line is a failure. */
  public LineReader(InputStream in, int maxLineBytes) {
    super(in, maxLineBytes);
  }

  @Override
  boolean parse() throws SseTooLarge {
    while (scanned < limit) {
      if (buffer[scanned] != '\n') {
        scanned++;
        continue;
      }
      int from = lineStart;
      lineStart = scanned + 1;
      scanned = lineStart;
      require(lineStart - from);
      if (stripped(from, lineStart - 1)) {
        return true;
      }
    }
    require(scanned - lineStart);
    return false;
  }

  /** What stands behind the last line end. */
  @Override
  boolean last() {
    int from = lineStart;
    lineStart = limit;
    scanned = limit;
    return stripped(from, limit);
  }

  @Override
  void keep() {
    System.arraycopy(buffer, lineStart, buffer, 0, limit - lineStart);
    limit -= lineStart;
    scanned -= lineStart;
    lineStart = 0;
  }

  /** Whether there is anything but blanks between these; it is the line found then. */
  private boolean stripped(int start, int end) {
    int from = start;
    int to = end;
    while (from < to && isBlank(buffer[from])) {
      from++;
    }
    while (to > from && isBlank(buffer[to - 1])) {
      to--;
    }
    return from < to && found(from, to);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }
}
