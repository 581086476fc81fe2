package llm.server.engine.message;

import com.sun.net.httpserver.Headers;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Reads the heads of one connection's requests, strictly (RFC 9112, sections 2 to 6). Lines end in
 * CR LF alone, nothing is repaired, and what could be read in two ways is refused: a proxy in front
 * must not see other requests than we do. What comes out depends on the bytes, never on how they
 * were split. One thread at a time.
 */
public final class HeadReader {
  private static final int VERSION_LENGTH = "HTTP/1.1".length();
  private static final byte TLS_HANDSHAKE = 22; // a record's first byte: RFC 8446, section 5.1
  private static final int MAX_LENGTH_DIGITS = 18; // fits a long

  private final InputBuffer in;
  private final int maxBytes;
  private final int maxFields;
  private final Targets targets = new Targets();
  private int left; // bytes that the head being read may still have
  private int lineStart; // in the buffer, until it is filled again
  private int lineEnd;
  private String method;
  private URI target;
  private boolean old;
  private Framing framing;

  /**
   * A reader of {@code in}.
   *
   * @param maxBytes the most bytes a head may have, line ends included
   * @param maxFields the most fields it may have
   */
  public HeadReader(InputBuffer in, int maxBytes, int maxFields) {
    this.in = in;
    this.maxBytes = maxBytes;
    this.maxFields = maxFields;
  }

  /**
   * Waits for a request's first byte, past the empty lines that may stand before it.
   *
   * @return false when the client closed instead
   */
  public boolean awaitStart() throws IOException {
    left = maxBytes;
    while (true) {
      if (in.isEmpty() && !in.fill(maxBytes)) {
        return false;
      }
      byte first = in.bytes[in.position];
      if (first != '\r') {
        if (!Characters.isToken(first)) {
          throw new RefusedException(first == TLS_HANDSHAKE ? Refusal.TLS : Refusal.REQUEST_LINE);
        }
        return true;
      }
      readLine(Refusal.REQUEST_LINE);
      if (lineEnd > lineStart) {
        throw new RefusedException(Refusal.REQUEST_LINE);
      }
    }
  }

  /**
   * Reads the head whose first byte is there.
   *
   * @throws RefusedException when it breaks a rule or a limit
   * @throws EOFException when the client closed within it
   */
  public RequestHead read() throws IOException {
    framing = new Framing();
    readLine(Refusal.TARGET_LENGTH);
    readRequestLine();
    var fields = new Headers();
    for (int count = 0; ; count++) {
      readLine(Refusal.HEADER_BYTES);
      if (lineEnd == lineStart) {
        break;
      }
      if (count == maxFields) {
        throw new RefusedException(Refusal.HEADER_COUNT);
      }
      readField(fields);
    }
    return framing.head(method, target, old, fields);
  }

  /** Reads a field line of trailers, whose content nobody wants; false at the empty line. */
  boolean skipTrailer() throws IOException {
    readLine(Refusal.HEADER_BYTES);
    if (lineEnd > lineStart) {
      fieldNameEnd();
      return true;
    }
    return false;
  }

  /** Begins trailers, which have the limits of a head. */
  void startTrailers() {
    left = maxBytes;
  }

  int maxFields() {
    return maxFields;
  }

  /** Finds the next line and takes it from the buffer; its bytes stay until the next fill. */
  private void readLine(Refusal tooLong) throws IOException {
    int scanned = 0;
    while (true) {
      int limit = in.position + Math.min(left, in.end - in.position);
      for (int i = in.position + scanned; i < limit; i++) {
        if (in.bytes[i] == '\n') {
          takeLine(i);
          return;
        }
      }
      scanned = limit - in.position;
      if (scanned == left) {
        throw new RefusedException(tooLong);
      }
      if (!in.fill(maxBytes)) {
        throw new EOFException("the connection ended within a head");
      }
    }
  }

  private void takeLine(int lineFeed) throws RefusedException {
    if (lineFeed == in.position || in.bytes[lineFeed - 1] != '\r') {
      throw new RefusedException(Refusal.LINE_END);
    }
    lineStart = in.position;
    lineEnd = lineFeed - 1;
    left -= lineFeed + 1 - in.position;
    in.position = lineFeed + 1;
  }

  private void readRequestLine() throws RefusedException {
    byte[] b = in.bytes;
    int methodEnd = lineStart;
    while (methodEnd < lineEnd && Characters.isToken(b[methodEnd])) {
      methodEnd++;
    }
    int versionStart = lineEnd - VERSION_LENGTH;
    int targetStart = methodEnd + 1;
    int targetEnd = versionStart - 1;
    if (methodEnd == lineStart
        || targetEnd <= targetStart
        || b[methodEnd] != ' '
        || b[targetEnd] != ' '
        || !isVersion(b, versionStart)) {
      throw new RefusedException(Refusal.REQUEST_LINE);
    }
    if (b[versionStart + 5] != '1') {
      throw new RefusedException(Refusal.VERSION);
    }
    old = b[versionStart + 7] == '0'; // a later minor version is answered as 1.1 (RFC 9110, 2.5)
    method = Methods.of(b, lineStart, methodEnd);
    if (method.equals("CONNECT")) {
      throw new RefusedException(Refusal.CONNECT);
    }
    target = targets.read(method, b, targetStart, targetEnd);
  }

  private static boolean isVersion(byte[] b, int at) {
    return b[at] == 'H'
        && b[at + 1] == 'T'
        && b[at + 2] == 'T'
        && b[at + 3] == 'P'
        && b[at + 4] == '/'
        && isDigit(b[at + 5])
        && b[at + 6] == '.'
        && isDigit(b[at + 7]);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private void readField(Headers fields) throws RefusedException {
    byte[] b = in.bytes;
    int colon = fieldNameEnd();
    int from = colon + 1;
    int to = lineEnd;
    while (from < to && (b[from] == ' ' || b[from] == '\t')) {
      from++;
    }
    while (to > from && (b[to - 1] == ' ' || b[to - 1] == '\t')) {
      to--;
    }
    String name = FieldNames.of(b, lineStart, colon);
    String value = new String(b, from, to - from, StandardCharsets.ISO_8859_1);
    framing.see(name, value);
    fields.add(name, value);
  }

  /** Checks the line as a field and returns where its colon is. */
  private int fieldNameEnd() throws RefusedException {
    byte[] b = in.bytes;
    int colon = lineStart;
    while (colon < lineEnd && Characters.isToken(b[colon])) {
      colon++;
    }
    if (colon == lineStart || colon == lineEnd || b[colon] != ':') {
      throw new RefusedException(Refusal.FIELD); // a folded line, too, which begins with a blank
    }
    for (int i = colon + 1; i < lineEnd; i++) {
      if (!Characters.isValue(b[i])) {
        throw new RefusedException(Refusal.FIELD);
      }
    }
    return colon;
  }

  /** Reads a Content-Length: digits alone. */
  static long length(String value) throws RefusedException {
    if (value.isEmpty() || value.length() > MAX_LENGTH_DIGITS) {
      throw new RefusedException(Refusal.LENGTH);
    }
    long length = 0;
    for (int i = 0; i < value.length(); i++) {
      if (!isDigit(value.charAt(i))) {
        throw new RefusedException(Refusal.LENGTH);
      }
      length = length * 10 + value.charAt(i) - '0';
    }
    return length;
  }
}
