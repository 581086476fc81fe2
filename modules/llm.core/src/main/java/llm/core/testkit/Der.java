package llm.core.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** As much of DER (ITU-T X.690) as a certificate needs. */
final class Der {
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int UTF8_STRING = 0x0C;
  static final int GENERALIZED_TIME = 0x18;
  static final byte[] TRUE = tagged(0x01, new byte[] {(byte) 0xFF});

  private Der() {}

  /** Tag, length and the contents one after the other. */
  static byte[] tagged(int tag, byte[]... contents) {
    var inner = new ByteArrayOutputStream();
    for (byte[] content : contents) {
      inner.writeBytes(content);
    }
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int length = inner.size();
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    }
    out.writeBytes(inner.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... contents) {
    return tagged(SEQUENCE, contents);
  }

  static byte[] text(int tag, String text) {
    return tagged(tag, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A string of bits whose number is a multiple of eight. */
  static byte[] bits(byte[] bytes) {
    return tagged(BIT_STRING, new byte[] {0}, bytes);
  }

  /** An object identifier, as {@code 2.5.29.17}. */
  static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.");
    var out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      int arc = Integer.parseInt(arcs[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arc >> shift > 0) {
          out.write(0x80 | (arc >> shift & 0x7F));
        }
      }
      out.write(arc & 0x7F);
    }
    return tagged(0x06, out.toByteArray());
  }
}
