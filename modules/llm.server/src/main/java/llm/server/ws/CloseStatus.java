package llm.server.ws;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How a WebSocket ended (RFC 6455, section 7.4, and IANA's WebSocket Close Code Number Registry).
 *
 * @param code one of the codes below, or 3000 to 4999 for what an application agrees on
 * @param reason a few words for people; in UTF-8 at most 123 bytes when it is sent
 */
public record CloseStatus(int code, String reason) {
  /** The purpose is fulfilled. */
  public static final int NORMAL = 1000;

  /** The server goes down, or the page is left. */
  public static final int GOING_AWAY = 1001;

  /** The other side broke the protocol. */
  public static final int PROTOCOL_ERROR = 1002;

  /** The other side sent a kind of data that is not taken here. */
  public static final int UNSUPPORTED_DATA = 1003;

  /** Never sent: the close frame had no code. */
  public static final int NO_STATUS = 1005;

  /** Never sent: the connection ended without a close frame. */
  public static final int ABNORMAL = 1006;

  /** Text was not UTF-8. */
  public static final int INVALID_PAYLOAD = 1007;

  /** The other side does what is not allowed here. */
  public static final int POLICY_VIOLATION = 1008;

  /** A message was too big. */
  public static final int MESSAGE_TOO_BIG = 1009;

  /** A bug of the server. */
  public static final int INTERNAL_ERROR = 1011;

  /** No room now; to be tried again later. */
  public static final int TRY_AGAIN_LATER = 1013;

  /** A control frame's payload without the code. */
  private static final int MAX_REASON_BYTES = 123;

  private static final int FIRST_PRIVATE = 3000;
  private static final int LAST_PRIVATE = 4999;

  /** The connection was lost. */
  static final CloseStatus LOST = new CloseStatus(ABNORMAL, "");

  /** Whether a close frame may carry {@code code}. */
  public static boolean maySend(int code) {
    return switch (code) {
      case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014 -> true;
      default -> code >= FIRST_PRIVATE && code <= LAST_PRIVATE;
    };
  }

  /** The code as a metric's label: what applications agree on is one. */
  String label() {
    return code >= FIRST_PRIVATE ? "private" : Integer.toString(code);
  }

  /** The reason in UTF-8, cut to whole code points that fit a frame. */
  byte[] reasonBytes() {
    byte[] bytes = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, MAX_REASON_BYTES);
    while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
      length--;
    }
    return Arrays.copyOf(bytes, length);
  }
}
