package llm.providers.transport.http1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * However the bytes arrive, the same response comes of them; whatever they are, it is a response or
 * one of two exceptions.
 */
class ResponseFuzzTest {
  private static final int ROUNDS = 20_000;
  private static final String SPICE = "\r\n \t:;,0f\u0000\u00ff9";
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  private static final List<String> SAMPLES =
      List.of(
          OK + "Content-Length: 11\r\nX-A: b\r\n\r\nhello world",
          OK
              + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nT: 1\r\n\r\n",
          OK + "Connection: close\r\n\r\nuntil the end",
          "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.0 404 \r\nKeep-Alive: timeout=5\r\n\r\nno",
          "HTTP/1.1 204 No Content\r\nConnection: keep-alive, x\r\n\r\n",
          "HTTP/1.1 500\nContent-Length: 4\n\nfour",
          OK + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n");

  @Test
  void everySplitGivesTheSame() {
    for (String sample : SAMPLES) {
      byte[] bytes = sample.getBytes(StandardCharsets.ISO_8859_1);
      String whole = read(bytes, given -> given);
      assertThat(read(bytes, _ -> 1)).as("byte by byte: %s", sample).isEqualTo(whole);
      for (int split = 1; split < bytes.length; split++) {
        int first = split;
        var reads = new int[1];
        assertThat(read(bytes, given -> reads[0]++ == 0 ? first : given))
            .as("split after %s: %s", split, sample)
            .isEqualTo(whole);
      }
    }
  }

  @Test
  @Tag("fuzz")
  @Tag("request")
  void whateverComesIsAResponseOrATypedFailure() {
    Fuzz.target("request")
        .rounds(ROUNDS)
        .run(
            ResponseFuzzTest::mutate,
            (bytes, random) -> {
              String whole = read(bytes, given -> given);
              int step = 1 + random.nextInt(7);
              assertThat(read(bytes, _ -> step)).isEqualTo(whole);
            });
  }

  /** Everything observable: heads, body, the failure's kind; available() is asked on the way. */
  private static String read(byte[] bytes, IntUnaryOperator stepOf) {
    var source = new Pieces(bytes, stepOf);
    var in = new WireBuffer(source);
    var seen = new StringBuilder();
    try {
      ResponseHead head = ResponseHead.read(in);
      while (head.isInterim()) {
        seen.append(head.status()).append(' ');
        head = ResponseHead.read(in);
      }
      seen.append(head.status()).append(head.isPersistent()).append(head.keepAliveSeconds());
      seen.append(head.header("x-a")).append(head.header("t")).append('|');
      BodyReader body = BodyReader.of(in, head, false);
      byte[] buffer = new byte[5];
      for (int count = body.read(buffer, 0, 5); count >= 0; count = body.read(buffer, 0, 5)) {
        assertThat(count).isBetween(1, 5);
        seen.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
      }
      return seen.append("|end").toString();
    } catch (ProtocolException wrong) {
      return seen.append("|protocol").toString();
    } catch (EOFException early) {
      return seen.append("|cut").toString();
    } catch (IOException other) {
      throw new AssertionError("neither a protocol failure nor an early end", other);
    }
  }

  private static byte[] mutate(Random random) {
    byte[] bytes =
        SAMPLES.get(random.nextInt(SAMPLES.size())).getBytes(StandardCharsets.ISO_8859_1);
    int changes = random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      bytes = change(bytes, random);
    }
    return bytes;
  }

  private static byte[] change(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length + 1);
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    switch (random.nextInt(4)) {
      case 0 -> out.write(SPICE.charAt(random.nextInt(SPICE.length())));
      case 1 -> at = Math.min(bytes.length, at + 1 + random.nextInt(3));
      case 2 -> out.write(bytes, 0, Math.min(at, random.nextInt(20)));
      default -> {
        byte[] other = SAMPLES.get(random.nextInt(SAMPLES.size())).getBytes(StandardCharsets.UTF_8);
        out.writeBytes(Arrays.copyOfRange(other, random.nextInt(other.length), other.length));
      }
    }
    out.write(bytes, at, bytes.length - at);
    return out.size() == 0 ? new byte[] {'H'} : out.toByteArray();
  }

  /** Gives bytes in pieces. */
  private static final class Pieces implements WireBuffer.Source {
    private final byte[] bytes;
    private final IntUnaryOperator stepOf;
    private int at;

    private Pieces(byte[] bytes, IntUnaryOperator stepOf) {
      this.bytes = bytes;
      this.stepOf = stepOf;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      int left = Math.min(length, bytes.length - at);
      if (left == 0) {
        return -1;
      }
      int count = Math.min(left, stepOf.applyAsInt(left));
      System.arraycopy(bytes, at, to, offset, count);
      at += count;
      return count;
    }
  }
}
