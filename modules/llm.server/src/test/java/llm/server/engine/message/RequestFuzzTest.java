package llm.server.engine.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Requests right, wrong and broken, by chance: whatever comes, reading it ends in one way, the same
 * however the bytes were split. {@code tools/fuzz --target request} runs it for long.
 */
class RequestFuzzTest {
  private static final int MAX_BYTES = 2048;
  private static final int MAX_FIELDS = 20;
  private static final int SHORT_RUN = 15_000;

  private static final List<String> SEEDS =
      List.of(
          "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
          "\r\nGET /a?b=c HTTP/1.0\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n",
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type:"
              + " application/json\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\n"
              + "{\"a\":\"b c\"}GET / HTTP/1.1\r\nHost: h\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: [::1]:1\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "5;x=\"y\"\r\nhello\r\n0a\r\n0123456789\r\n0\r\nTrailer: z\r\n\r\n"
              + "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
          "GET http://a.b/c%20d HTTP/1.1\r\nHost: a.b\r\nX: \t v \t\r\nConnection: close\r\n\r\n");

  private static final List<String> MORSELS =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\0",
          " ",
          "\t",
          ":",
          ";",
          ",",
          "%",
          "%2",
          "#",
          "//",
          "*",
          "0",
          "-1",
          "+5",
          "ffffffff",
          "100000005",
          "99999999999999999999",
          "Host: x\r\n",
          "Content-Length: 5\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip\r\n",
          "HTTP/9.9",
          " HTTP/1.1",
          "\u00e9",
          "\u007f",
          "x".repeat(300),
          "A: b\r\n".repeat(25),
          "0\r\n\r\n",
          "\r\n\r\n");

  @Test
  @Tag("fuzz")
  @Tag("request")
  void readingEndsInOneWayHoweverTheBytesAreSplit() {
    var accepted = new AtomicLong();
    long runs =
        Fuzz.target("request")
            .rounds(SHORT_RUN)
            .seed(System.nanoTime())
            .run(
                RequestFuzzTest::next,
                (bytes, random) -> {
                  String whole = read(bytes, bytes.length + 1, random);
                  accepted.addAndGet(whole.startsWith("request") ? 1 : 0);
                  assertThat(read(bytes, 1, random)).as("byte by byte").isEqualTo(whole);
                  assertThat(read(bytes, 0, random)).as("by chance").isEqualTo(whole);
                });
    assertThat(accepted.get()).as("requests accepted").isGreaterThanOrEqualTo(runs / 20);
  }

  private static byte[] next(Random random) {
    if (random.nextInt(20) == 0) {
      byte[] garbage = new byte[random.nextInt(3 * MAX_BYTES)];
      random.nextBytes(garbage);
      return garbage;
    }
    var text = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
    for (int changes = random.nextInt(5); changes > 0; changes--) {
      change(text, random);
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void change(StringBuilder text, Random random) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + random.nextInt(8));
    switch (random.nextInt(5)) {
      case 0 -> text.insert(at, MORSELS.get(random.nextInt(MORSELS.size())));
      case 1 -> text.delete(at, to);
      case 2 -> text.replace(at, to, MORSELS.get(random.nextInt(MORSELS.size())));
      case 3 -> text.insert(at, text.substring(at, Math.min(text.length(), at + 40)));
      default -> {
        if (at < text.length()) {
          text.setCharAt(at, (char) random.nextInt(256));
        }
      }
    }
  }

  /** Everything that reading {@code bytes} comes to, one line an event, the end last. */
  private static String read(byte[] bytes, int step, Random random) throws IOException {
    var trail = new ArrayList<String>();
    var source = new Pieces(bytes, step, random);
    var in = new InputBuffer(source);
    var heads = new HeadReader(in, MAX_BYTES, MAX_FIELDS);
    try {
      while (heads.awaitStart()) {
        RequestHead head = heads.read();
        checkHead(head);
        trail.add(
            "request " + head.method() + " " + head.target() + " " + head.fields() + head.length());
        trail.add("body " + body(BodyReader.of(head, in, heads), random));
      }
      trail.add("end");
    } catch (RefusedException refused) {
      trail.add("refused " + refused.refusal());
    } catch (EOFException cut) {
      trail.add("cut");
    }
    assertThat(source.reads).as("reads").isLessThanOrEqualTo(bytes.length + 1);
    return String.join("\n", trail);
  }

  private static void checkHead(RequestHead head) {
    assertThat(head.isOld() || head.fields().get("Host").size() == 1).isTrue();
    boolean chunked = head.length() == RequestHead.CHUNKED;
    assertThat(chunked && head.fields().containsKey("Content-length")).isFalse();
    assertThat(head.fields().containsKey("Transfer-encoding")).isEqualTo(chunked);
    assertThat(head.target().getRawPath()).isNotEmpty();
    head.fields()
        .values()
        .forEach(values -> values.forEach(v -> assertThat(v).doesNotContain("\r", "\n", "\0")));
  }

  private static String body(BodyReader body, Random random) throws IOException {
    var all = new ByteArrayOutputStream();
    byte[] into = new byte[1 + random.nextInt(2000)];
    for (int n = body.read(into, 0, into.length); n >= 0; n = body.read(into, 0, into.length)) {
      assertThat(n).as("bytes of one read").isPositive();
      all.write(into, 0, n);
    }
    assertThat(body.isEnded()).isTrue();
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** The bytes in pieces of {@code step}, or of any length when it is 0; then the end, once. */
  private static final class Pieces implements InputBuffer.Source {
    private final byte[] bytes;
    private final int step;
    private final Random random;
    private int position;
    private int reads;

    private Pieces(byte[] bytes, int step, Random random) {
      this.bytes = bytes;
      this.step = step;
      this.random = random;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      assertThat(length).as("room for a read").isPositive();
      reads++;
      if (position == bytes.length) {
        return -1;
      }
      int piece = step == 0 ? 1 + random.nextInt(60) : step;
      int n = Math.min(Math.min(length, piece), bytes.length - position);
      System.arraycopy(bytes, position, into, offset, n);
      position += n;
      return n;
    }
  }
}
