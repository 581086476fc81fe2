package llm.server.tls;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** As much of DER (X.690) as a certificate takes. */
final class Der {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private Der() {}

  static byte[] tagged(int tag, byte[]... parts) {
    var body = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(body::writeBytes);
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int length = body.size();
    if (length < 128) {
      out.write(length);
    } else if (length < 256) {
      out.writeBytes(new byte[] {(byte) 0x81, (byte) length});
    } else {
      out.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8), (byte) length});
    }
    out.writeBytes(body.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  static byte[] set(byte[]... parts) {
    return tagged(0x31, parts);
  }

  static byte[] integer(long value) {
    return tagged(0x02, BigInteger.valueOf(value).toByteArray());
  }

  static byte[] bool(boolean value) {
    return tagged(0x01, new byte[] {(byte) (value ? 0xFF : 0)});
  }

  static byte[] bits(byte[] value) {
    return tagged(0x03, new byte[] {0}, value);
  }

  static byte[] octets(byte[] value) {
    return tagged(0x04, value);
  }

  static byte[] text(String value) {
    return tagged(0x0C, value.getBytes(StandardCharsets.UTF_8));
  }

  /** GeneralizedTime; RFC 5280 wants UTCTime before 2050, the JDK reads both. */
  static byte[] time(Instant value) {
    return tagged(0x18, TIME.format(value).getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] oid(String dotted) {
    long[] arcs = Arrays.stream(dotted.split("\\.")).mapToLong(Long::parseLong).toArray();
    var out = new ByteArrayOutputStream();
    out.write((int) (arcs[0] * 40 + arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      for (int shift = 28; shift >= 0; shift -= 7) {
        if (shift == 0 || arcs[i] >> shift != 0) {
          out.write((int) (arcs[i] >> shift & 0x7F) | (shift == 0 ? 0 : 0x80));
        }
      }
    }
    return tagged(0x06, out.toByteArray());
  }
}
