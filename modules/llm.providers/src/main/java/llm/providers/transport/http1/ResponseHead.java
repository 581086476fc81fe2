package llm.providers.transport.http1;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The head of a response, read strictly (RFC 9112, sections 4 to 6): its fields stay bytes and are
 * looked up by a scan, which for the few that are asked for is cheaper than a map.
 *
 * <p>A lone LF ends a line of the head, as section 2.2 allows; a lone CR, NUL or another control
 * character, a folded line, a space before the colon, both {@code Content-Length} and {@code
 * Transfer-Encoding}, contradicting lengths and codings other than {@code chunked} are refused.
 */
public final class ResponseHead {
  /** The longest head, in bytes. */
  public static final int MAX_BYTES = 64 * 1024;

  /** The most fields of a head. */
  public static final int MAX_FIELDS = 256;

  private static final byte[] START = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);
  private static final int STATUS_AT = 9;
  private static final int MAX_LENGTH_DIGITS = 18;

  private final byte[] bytes;
  private final int status;
  private int firstField;
  private long contentLength = -1;
  private boolean chunked;
  private boolean saysClose;
  private boolean saysKeepAlive;
  private long keepAliveSeconds = -1;

  private ResponseHead(byte[] bytes) throws ProtocolException {
    this.bytes = bytes;
    this.status = readStatusLine();
    readFields();
    if (chunked && contentLength >= 0) {
      throw new ProtocolException("both Content-Length and Transfer-Encoding");
    }
    if (chunked && bytes[START.length] == '0') {
      throw new ProtocolException("Transfer-Encoding in an HTTP/1.0 response");
    }
  }

  /**
   * Reads one head; waits for it.
   *
   * @throws EOFException when the connection ends before the head does
   * @throws ProtocolException when it is none, or exceeds a limit
   */
  public static ResponseHead read(WireBuffer in) throws IOException {
    int lineStart = 0;
    int scanned = 0;
    while (true) {
      int feed = in.lineFeed(scanned);
      requireHttp(in);
      if (feed < 0) {
        scanned = in.size();
        if (scanned > MAX_BYTES) {
          throw new ProtocolException("the head exceeds " + MAX_BYTES + " bytes");
        }
        if (!in.fill()) {
          throw new EOFException(
              in.size() == 0 ? "before the response began" : "in the head of the response");
        }
      } else if (isBlank(in, lineStart, feed)) {
        return new ResponseHead(in.take(feed + 1));
      } else {
        lineStart = feed + 1;
        scanned = lineStart;
      }
    }
  }

  /** The status, 100 to 599. */
  public int status() {
    return status;
  }

  /** Whether a final response follows (1xx). */
  public boolean isInterim() {
    return status < 200;
  }

  /** {@code Content-Length}; -1 when there is none. */
  public long contentLength() {
    return contentLength;
  }

  /** Whether the body is chunked. */
  public boolean isChunked() {
    return chunked;
  }

  /** Whether the connection persists after this response (RFC 9112, section 9.3). */
  public boolean isPersistent() {
    return !saysClose && (saysKeepAlive || bytes[START.length] != '0');
  }

  /** {@code timeout} of {@code Keep-Alive}, in seconds; -1 when there is none. */
  public long keepAliveSeconds() {
    return keepAliveSeconds;
  }

  /** The first value of a field, names compared without case; each byte a character. */
  public Optional<String> header(String name) {
    int line = firstField;
    while (bytes[line] != '\r' && bytes[line] != '\n') {
      int feed = endOfLine(line);
      if (isNamed(line, name)) {
        int from = valueStart(line + name.length() + 1, feed);
        int to = valueEnd(from, feed);
        return Optional.of(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
      }
      line = feed + 1;
    }
    return Optional.empty();
  }

  /** Gives every field in its order; each byte a character. */
  public void each(BiConsumer<String, String> taker) {
    int line = firstField;
    while (bytes[line] != '\r' && bytes[line] != '\n') {
      int feed = endOfLine(line);
      int colon = line;
      while (bytes[colon] != ':') {
        colon++;
      }
      int from = valueStart(colon + 1, feed);
      int to = Math.max(from, valueEnd(from, feed));
      taker.accept(
          new String(bytes, line, colon - line, StandardCharsets.ISO_8859_1),
          new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
      line = feed + 1;
    }
  }

  /** Says at once that this is no HTTP, instead of waiting for a blank line in a banner. */
  private static void requireHttp(WireBuffer in) throws ProtocolException {
    for (int i = 0; i < Math.min(START.length, in.size()); i++) {
      if (in.peek(i) != START[i]) {
        throw new ProtocolException("the response does not begin with HTTP/1.");
      }
    }
  }

  private static boolean isBlank(WireBuffer in, int start, int feed) {
    return feed == start || feed == start + 1 && in.peek(start) == '\r';
  }

  private int readStatusLine() throws ProtocolException {
    int feed = endOfLine(0);
    int end = valueEnd(0, feed);
    boolean shaped =
        end >= STATUS_AT + 3
            && isDigit(bytes[START.length])
            && bytes[STATUS_AT - 1] == ' '
            && (end == STATUS_AT + 3 || bytes[STATUS_AT + 3] == ' ');
    int value = 0;
    for (int i = STATUS_AT; shaped && i < STATUS_AT + 3; i++) {
      shaped = isDigit(bytes[i]);
      value = value * 10 + bytes[i] - '0';
    }
    if (!shaped || value < 100 || value > 599) {
      throw new ProtocolException("the status line is malformed");
    }
    requireText(STATUS_AT, feed, "the status line");
    firstField = feed + 1;
    return value;
  }

  private void readFields() throws ProtocolException {
    int line = firstField;
    int count = 0;
    while (bytes[line] != '\n' && !(bytes[line] == '\r' && bytes[line + 1] == '\n')) {
      if (++count > MAX_FIELDS) {
        throw new ProtocolException("the head has more than " + MAX_FIELDS + " fields");
      }
      int feed = endOfLine(line);
      int colon = nameEnd(line, feed);
      requireText(colon + 1, feed, "a field value");
      interpret(line, colon, feed);
      line = feed + 1;
    }
  }

  private int nameEnd(int line, int feed) throws ProtocolException {
    int colon = line;
    while (colon < feed && Tokens.isTokenByte(bytes[colon])) {
      colon++;
    }
    if (colon == line || bytes[colon] != ':') {
      boolean folded = bytes[line] == ' ' || bytes[line] == '\t';
      throw new ProtocolException(folded ? "a folded field line" : "a malformed field name");
    }
    return colon;
  }

  private void interpret(int line, int colon, int feed) throws ProtocolException {
    switch (colon - line) {
      case 10 -> {
        if (isNamed(line, "connection")) {
          saysClose |= listHas(colon + 1, feed, "close");
          saysKeepAlive |= listHas(colon + 1, feed, "keep-alive");
        } else if (isNamed(line, "keep-alive")) {
          keepAliveSeconds = timeout(colon + 1, feed);
        }
      }
      case 14 -> {
        if (isNamed(line, "content-length")) {
          readLength(valueStart(colon + 1, feed), feed);
        }
      }
      case 17 -> {
        if (isNamed(line, "transfer-encoding")) {
          int from = valueStart(colon + 1, feed);
          if (chunked || !equalsText(from, valueEnd(from, feed), "chunked")) {
            throw new ProtocolException("Transfer-Encoding is not chunked alone");
          }
          chunked = true;
        }
      }
      default -> {
        // of no concern to the framing
      }
    }
  }

  private void readLength(int from, int feed) throws ProtocolException {
    int to = valueEnd(from, feed);
    long value = 0;
    boolean legal = to > from && to - from <= MAX_LENGTH_DIGITS;
    for (int i = from; legal && i < to; i++) {
      legal = isDigit(bytes[i]);
      value = value * 10 + bytes[i] - '0';
    }
    if (!legal) {
      throw new ProtocolException("Content-Length is not a number");
    }
    if (contentLength >= 0 && contentLength != value) {
      throw new ProtocolException("Content-Length comes twice and differs");
    }
    contentLength = value;
  }

  /** The seconds of {@code timeout=5, max=100}; -1 when it is not said or not a number. */
  private long timeout(int from, int feed) {
    String value = new String(bytes, from, feed - from, StandardCharsets.ISO_8859_1);
    for (String part : value.split(",")) {
      String parameter = part.strip();
      if (parameter.regionMatches(true, 0, "timeout=", 0, 8)) {
        String digits = parameter.substring(8).strip();
        return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) : -1;
      }
    }
    return -1;
  }

  private boolean listHas(int from, int feed, String token) {
    int start = from;
    for (int i = from; i <= feed; i++) {
      if (i == feed || bytes[i] == ',') {
        int first = valueStart(start, i);
        if (equalsText(first, valueEnd(first, i), token)) {
          return true;
        }
        start = i + 1;
      }
    }
    return false;
  }

  private void requireText(int from, int feed, String what) throws ProtocolException {
    int end = feed > from && bytes[feed - 1] == '\r' ? feed - 1 : feed;
    for (int i = from; i < end; i++) {
      if (bytes[i] >= 0 && bytes[i] < ' ' && bytes[i] != '\t' || bytes[i] == 0x7F) {
        throw new ProtocolException(what + " has a control character");
      }
    }
  }

  private boolean isNamed(int line, String name) {
    return line + name.length() < bytes.length
        && bytes[line + name.length()] == ':'
        && equalsText(line, line + name.length(), name);
  }

  private boolean equalsText(int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (lower(bytes[from + i]) != lower((byte) text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private int endOfLine(int from) {
    int feed = from;
    while (bytes[feed] != '\n') {
      feed++;
    }
    return feed;
  }

  private int valueStart(int from, int end) {
    int start = from;
    while (start < end && isBlank(bytes[start])) {
      start++;
    }
    return start;
  }

  private int valueEnd(int from, int feed) {
    int end = feed;
    while (end > from && isBlank(bytes[end - 1])) {
      end--;
    }
    return end;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
