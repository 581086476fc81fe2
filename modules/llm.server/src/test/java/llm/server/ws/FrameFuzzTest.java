package llm.server.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random streams against the frame parser: where they are cut must not matter, and broken ones end
 * with a legal close code. {@code tools/fuzz --target frame} runs it for long.
 */
class FrameFuzzTest {
  private static final int MAX_MESSAGE = 70_000;
  private static final Set<Integer> FAILURES = Set.of(1002, 1007, 1009);

  /** What {@link #read} gives for a stream that just ends. */
  private static final String CUT = "cut";

  @Test
  @Tag("fuzz")
  @Tag("frame")
  void validStreamsReadTheSameWhereverTheyAreCut() {
    var expected = new ArrayList<String>(); // of the stream that was made last
    fuzz(
        500,
        random -> {
          expected.clear();
          byte[] stream = valid(random, expected);
          expected.add(CUT);
          return stream;
        },
        (stream, random) -> {
          assertThat(read(new ByteArrayInputStream(stream))).as("whole").isEqualTo(expected);
          assertThat(read(new Pieces(stream, random, 1))).as("by byte").isEqualTo(expected);
          assertThat(read(new Pieces(stream, random, 5_000))).as("in pieces").isEqualTo(expected);
          for (int cut = 0; stream.length < 300 && cut < stream.length; cut++) {
            assertThat(read(new TwoPieces(stream, cut))).as("cut at %d", cut).isEqualTo(expected);
          }
        });
  }

  @Test
  @Tag("fuzz")
  @Tag("frame")
  void brokenStreamsEndWithALegalCodeAndTheSameOneWhereverTheyAreCut() {
    fuzz(
        1_000,
        random -> mutated(valid(random, new ArrayList<>()), random),
        (stream, random) -> {
          List<String> whole = read(new ByteArrayInputStream(stream));
          assertEndsLegally(whole);
          assertThat(read(new Pieces(stream, random, 1))).as("by byte").isEqualTo(whole);
          assertThat(read(new Pieces(stream, random, 5_000))).as("in pieces").isEqualTo(whole);
        });
  }

  @Test
  @Tag("fuzz")
  @Tag("frame")
  void noiseEndsWithALegalCodeOrTheStream() {
    fuzz(
        5_000,
        random -> {
          byte[] stream = new byte[random.nextInt(2_000)];
          random.nextBytes(stream);
          return stream;
        },
        (stream, _) -> assertEndsLegally(read(new ByteArrayInputStream(stream))));
  }

  private static void fuzz(int rounds, Function<Random, byte[]> streams, Fuzz.Check check) {
    Fuzz.target("frame").rounds(rounds).seed(System.nanoTime()).run(streams, check);
  }

  private static void assertEndsLegally(List<String> events) {
    String last = events.getLast();
    assertThat(last.equals(CUT) || FAILURES.contains(Integer.parseInt(last.substring(5))))
        .as("ends with %s", last)
        .isTrue();
  }

  /** Some messages and control frames, fragmented at will, and what they say. */
  private static byte[] valid(Random random, List<String> expected) {
    List<byte[]> frames = new ArrayList<>();
    int messages = 1 + random.nextInt(6);
    for (int m = 0; m < messages; m++) {
      boolean isText = random.nextBoolean();
      byte[] payload = isText ? randomText(random) : randomBytes(random);
      int fragments = 1 + random.nextInt(4);
      int from = 0;
      for (int f = 0; f < fragments; f++) {
        boolean last = f == fragments - 1;
        int to = last ? payload.length : from + random.nextInt(payload.length - from + 1);
        byte[] part = Arrays.copyOfRange(payload, from, to);
        frames.add(masked(random, last, f > 0 ? 0 : isText ? 1 : 2, part));
        from = to;
        if (random.nextInt(4) == 0) {
          byte[] body = new byte[random.nextInt(126)];
          random.nextBytes(body);
          boolean ping = random.nextBoolean();
          frames.add(masked(random, true, ping ? 9 : 10, body));
          if (!last) {
            expected.add(Rig.words(true, ping ? 9 : 10, body));
          } else {
            expected.add(Rig.words(true, isText ? 1 : 2, payload));
            expected.add(Rig.words(true, ping ? 9 : 10, body));
          }
        } else if (last) {
          expected.add(Rig.words(true, isText ? 1 : 2, payload));
        }
      }
    }
    return ClientFrames.all(frames.toArray(byte[][]::new));
  }

  private static byte[] masked(Random random, boolean last, int opcode, byte[] payload) {
    int length = payload.length;
    int form = length < 126 ? length : length <= 0xFFFF ? 126 : 127;
    return ClientFrames.frame(last, 0, opcode, form, length, random.nextInt(), payload);
  }

  private static byte[] randomText(Random random) {
    var text = new StringBuilder();
    int size = random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(200);
    int kind = random.nextInt(3);
    for (int i = 0; i < size; i++) {
      int point =
          switch (kind) {
            case 0 -> ' ' + random.nextInt(95);
            case 1 -> random.nextInt(0x800);
            default -> random.nextInt(0x110000);
          };
      text.appendCodePoint(point >= 0xD800 && point <= 0xDFFF ? 'x' : point);
    }
    byte[] bytes = ClientFrames.utf8(text.toString());
    return bytes.length > MAX_MESSAGE ? ClientFrames.utf8("short") : bytes;
  }

  private static byte[] randomBytes(Random random) {
    int[] limits = {10, 300, 10, 300, 66_000};
    byte[] bytes = new byte[random.nextInt(limits[random.nextInt(limits.length)])];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] mutated(byte[] stream, Random random) {
    byte[] broken = stream.clone();
    for (int i = 0; broken.length > 0 && i < 1 + random.nextInt(4); i++) {
      int at = random.nextInt(Math.min(broken.length, 1 + random.nextInt(broken.length)));
      switch (random.nextInt(4)) {
        case 0 -> broken[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> broken[at] = (byte) random.nextInt(256);
        case 2 -> broken = Arrays.copyOf(broken, at);
        default ->
            broken =
                ClientFrames.all(
                    Arrays.copyOf(broken, at),
                    Arrays.copyOfRange(
                        broken,
                        Math.min(broken.length, at + 1 + random.nextInt(3)),
                        broken.length));
      }
    }
    return broken;
  }

  /** What the parser makes of it: its events, then how it ended. */
  private static List<String> read(InputStream in) {
    var events = new ArrayList<String>();
    var reader = new MessageReader(in, MAX_MESSAGE);
    try {
      while (true) {
        events.add(
            switch (reader.next()) {
              case Incoming.Text(String text) -> Rig.words(true, 1, ClientFrames.utf8(text));
              case Incoming.Binary(byte[] bytes) -> Rig.words(true, 2, bytes);
              case Incoming.Ping(byte[] bytes) -> Rig.words(true, 9, bytes);
              case Incoming.Pong(byte[] bytes) -> Rig.words(true, 10, bytes);
              case Incoming.Close(CloseStatus status) -> "close " + status;
            });
      }
    } catch (ProtocolFailure failure) {
      events.add("fail " + failure.status().code());
    } catch (EOFException end) {
      events.add(CUT);
    } catch (IOException impossible) {
      throw new AssertionError("memory cannot fail", impossible);
    }
    return events;
  }

  /** Gives out random pieces of at most {@code most} bytes. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream in;
    private final Random random;
    private final int most;

    private Pieces(byte[] stream, Random random, int most) {
      this.in = new ByteArrayInputStream(stream);
      this.random = random;
      this.most = most;
    }

    @Override
    public int read() {
      return in.read();
    }

    @Override
    public int read(byte[] into, int from, int length) {
      return in.read(into, from, Math.min(length, 1 + random.nextInt(most)));
    }
  }

  /** Gives out what is before {@code cut}, then the rest. */
  private static final class TwoPieces extends InputStream {
    private final byte[] stream;
    private final int cut;
    private int at;

    private TwoPieces(byte[] stream, int cut) {
      this.stream = stream;
      this.cut = cut;
    }

    @Override
    public int read() {
      return at == stream.length ? -1 : stream[at++] & 0xFF;
    }

    @Override
    public int read(byte[] into, int from, int length) {
      int end = at < cut ? cut : stream.length;
      if (at == stream.length) {
        return -1;
      }
      int count = Math.min(length, end - at);
      System.arraycopy(stream, at, into, from, count);
      at += count;
      return count;
    }
  }
}
