package llm.server.ws;

import java.nio.ByteBuffer;

/** The frames that a server sends (RFC 6455, section 5.2): whole messages, never masked. */
final class Frames {
  static final int CONTINUATION = 0x0;
  static final int TEXT = 0x1;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xA;

  /** The most a control frame carries. */
  static final int MAX_CONTROL_BYTES = 125;

  /** A length in two bytes follows. */
  static final int LENGTH_16 = 126;

  /** A length in eight bytes follows. */
  static final int LENGTH_64 = 127;

  static final int FIN = 0x80;
  private static final int MAX_HEAD_BYTES = 10;

  private Frames() {}

  /** One frame that is a whole message or control frame. */
  static byte[] of(int opcode, byte[] payload) {
    int length = payload.length;
    var frame = ByteBuffer.allocate(headBytes(length) + length).put((byte) (FIN | opcode));
    if (length <= MAX_CONTROL_BYTES) {
      frame.put((byte) length);
    } else if (length <= 0xFFFF) {
      frame.put((byte) LENGTH_16).putShort((short) length);
    } else {
      frame.put((byte) LENGTH_64).putLong(length);
    }
    return frame.put(payload).array();
  }

  /** A close frame; without a body where the status has no code that may be sent. */
  static byte[] close(CloseStatus status) {
    if (!CloseStatus.maySend(status.code())) {
      return of(CLOSE, new byte[0]);
    }
    byte[] reason = status.reasonBytes();
    return of(
        CLOSE,
        ByteBuffer.allocate(2 + reason.length).putShort((short) status.code()).put(reason).array());
  }

  private static int headBytes(int length) {
    if (length <= MAX_CONTROL_BYTES) {
      return 2;
    }
    return length <= 0xFFFF ? 4 : MAX_HEAD_BYTES;
  }
}
