package llm.server.engine.message;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Status lines with their reason phrases (RFC 9110, section 15), ready to be sent. */
public final class StatusLine {
  private static final Map<Integer, String> PHRASES =
      Map.ofEntries(
          Map.entry(100, "Continue"),
          Map.entry(101, "Switching Protocols"),
          Map.entry(103, "Early Hints"),
          Map.entry(200, "OK"),
          Map.entry(201, "Created"),
          Map.entry(202, "Accepted"),
          Map.entry(204, "No Content"),
          Map.entry(206, "Partial Content"),
          Map.entry(301, "Moved Permanently"),
          Map.entry(302, "Found"),
          Map.entry(303, "See Other"),
          Map.entry(304, "Not Modified"),
          Map.entry(307, "Temporary Redirect"),
          Map.entry(308, "Permanent Redirect"),
          Map.entry(400, "Bad Request"),
          Map.entry(401, "Unauthorized"),
          Map.entry(403, "Forbidden"),
          Map.entry(404, "Not Found"),
          Map.entry(405, "Method Not Allowed"),
          Map.entry(406, "Not Acceptable"),
          Map.entry(408, "Request Timeout"),
          Map.entry(409, "Conflict"),
          Map.entry(410, "Gone"),
          Map.entry(413, "Content Too Large"),
          Map.entry(414, "URI Too Long"),
          Map.entry(415, "Unsupported Media Type"),
          Map.entry(417, "Expectation Failed"),
          Map.entry(422, "Unprocessable Content"),
          Map.entry(426, "Upgrade Required"),
          Map.entry(429, "Too Many Requests"),
          Map.entry(431, "Request Header Fields Too Large"),
          Map.entry(500, "Internal Server Error"),
          Map.entry(501, "Not Implemented"),
          Map.entry(502, "Bad Gateway"),
          Map.entry(503, "Service Unavailable"),
          Map.entry(504, "Gateway Timeout"),
          Map.entry(505, "HTTP Version Not Supported"));
  private static final int FIRST = 100;
  private static final byte[][] LINES = new byte[500][];

  static {
    PHRASES.forEach((status, phrase) -> LINES[status - FIRST] = line(status, phrase));
  }

  private StatusLine() {}

  /**
   * The line of {@code status} with its line end; not the caller's to change.
   *
   * @param status 100 to 999
   */
  public static byte[] of(int status) {
    boolean known = status < FIRST + LINES.length && LINES[status - FIRST] != null;
    return known ? LINES[status - FIRST] : line(status, "");
  }

  private static byte[] line(int status, String phrase) {
    return ("HTTP/1.1 " + status + " " + phrase + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }
}
