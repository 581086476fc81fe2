package llm.core.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("lines come out as they went in, wherever the stream is cut")
class LineReaderTest {
  @Test
  void blankLinesArePassedOverAndTheLastNeedsNoEnd() throws IOException {
    assertThat(lines("a\r\n\n \t\nbb\n\r\nc", 9)).containsExactly("a", "bb", "c");
    assertThat(lines("", 9)).isEmpty();
    assertThat(lines("\n \n", 9)).isEmpty();
  }

  @Test
  void aLineThatIsTooLongIsAFailure() {
    assertThatThrownBy(() -> lines("a\n" + "b".repeat(5_000), 4_000))
        .isInstanceOf(SseTooLarge.class);
    assertThatThrownBy(() -> lines("b".repeat(5_000) + "\n", 4_000))
        .isInstanceOf(SseTooLarge.class);
  }

  @Test
  void readyMeansThatNextDoesNotWait() throws IOException {
    var stream = new Trickle("a\nb".getBytes(StandardCharsets.UTF_8), new Random(1), 2);
    var reader = new LineReader(stream, 100);
    assertThat(reader.hasReady()).isTrue();
    assertThat(reader.next()).isTrue();
    assertThat(reader.hasReady()).as("half a line").isFalse();
    stream.open = 3;
    assertThat(reader.hasReady()).as("still no end").isFalse();
    assertThat(reader.next()).isTrue();
    assertThat(reader.length()).isEqualTo(1);
    assertThat(reader.next()).isFalse();
  }

  @Test
  void whateverTheCutsTheLinesAreTheSame() throws IOException {
    long seed = 77;
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      var expected = new ArrayList<String>();
      var text = new StringBuilder();
      for (int i = random.nextInt(8); i > 0; i--) {
        String line = "x" + "üy".repeat(random.nextInt(random.nextBoolean() ? 3 : 3_000));
        expected.add(line);
        text.append(line).append(random.nextBoolean() ? "\n" : "\r\n\n");
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      var stream = new Trickle(bytes, random, bytes.length);
      assertThat(all(new LineReader(stream, 100_000), random))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(expected);
    }
  }

  private static List<String> lines(String text, int most) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return all(new LineReader(new ByteArrayInputStream(bytes), most), new Random(5));
  }

  private static List<String> all(LineReader reader, Random random) throws IOException {
    var lines = new ArrayList<String>();
    while (true) {
      if (random.nextBoolean()) {
        reader.hasReady();
      }
      if (!reader.next()) {
        return lines;
      }
      lines.add(
          new String(reader.bytes(), reader.offset(), reader.length(), StandardCharsets.UTF_8));
    }
  }

  /**
   * Gives a few bytes at a time; of those that are not open yet it says that they are not there.
   */
  private static final class Trickle extends InputStream {
    private final byte[] bytes;
    private final Random random;
    private int open;
    private int at;

    private Trickle(byte[] bytes, Random random, int open) {
      this.bytes = bytes;
      this.random = random;
      this.open = open;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] into, int from, int most) {
      if (at == bytes.length) {
        return -1;
      }
      int count = Math.min(Math.min(most, bytes.length - at), 1 + random.nextInt(700));
      System.arraycopy(bytes, at, into, from, count);
      at += count;
      return count;
    }

    @Override
    public int available() {
      return Math.max(0, Math.min(open, bytes.length) - at);
    }
  }
}
