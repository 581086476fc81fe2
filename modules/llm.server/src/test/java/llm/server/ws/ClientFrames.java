package llm.server.ws;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames as a client may and may not send them, written down independently of the layer. */
final class ClientFrames {
  static final int KEY = 0x37FA213D; // the key of the RFC's own example

  private ClientFrames() {}

  static byte[] text(String text) {
    return frame(true, 0, 1, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] binary(byte[] bytes) {
    return frame(true, 0, 2, bytes);
  }

  static byte[] ping(byte[] bytes) {
    return frame(true, 0, 9, bytes);
  }

  static byte[] pong(byte[] bytes) {
    return frame(true, 0, 10, bytes);
  }

  static byte[] close(int code, String reason) {
    return frame(true, 0, 8, closeBody(code, reason.getBytes(StandardCharsets.UTF_8)));
  }

  static byte[] close(byte[] body) {
    return frame(true, 0, 8, body);
  }

  static byte[] closeBody(int code, byte[] reason) {
    return ByteBuffer.allocate(2 + reason.length).putShort((short) code).put(reason).array();
  }

  /** A masked frame with its length in the shortest form. */
  static byte[] frame(boolean last, int reserved, int opcode, byte[] payload) {
    int length = payload.length;
    int form = length < 126 ? length : length <= 0xFFFF ? 126 : 127;
    return frame(last, reserved, opcode, form, length, KEY, payload);
  }

  /** A masked frame whose head says whatever it likes. */
  static byte[] frame(
      boolean last, int reserved, int opcode, int form, long length, int key, byte[] payload) {
    var out = ByteBuffer.allocate(14 + payload.length);
    out.put((byte) ((last ? 0x80 : 0) | reserved << 4 | opcode)).put((byte) (0x80 | form));
    if (form == 126) {
      out.putShort((short) length);
    } else if (form == 127) {
      out.putLong(length);
    }
    out.putInt(key);
    for (int i = 0; i < payload.length; i++) {
      out.put((byte) (payload[i] ^ key >>> 24 - 8 * (i % 4)));
    }
    byte[] frame = new byte[out.position()];
    out.flip().get(frame);
    return frame;
  }

  /** A frame without a mask, as only a server may send it. */
  static byte[] unmasked(int opcode, byte[] payload) {
    return ByteBuffer.allocate(2 + payload.length)
        .put((byte) (0x80 | opcode))
        .put((byte) payload.length)
        .put(payload)
        .array();
  }

  static byte[] all(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Bytes by their values. */
  static byte[] raw(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
