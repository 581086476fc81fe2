package llm.core.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("an event stream is read by the rules of the WHATWG standard")
class SseReaderTest {
  private static final int LIMIT = 1 << 16;

  /** Gives its bytes in pieces of the sizes a test chooses; available() is what is left of one. */
  private static final class Pieces extends InputStream {
    private final byte[] bytes;
    private final int[] ends;
    private int piece;
    private int at;
    int blockingReads;

    Pieces(byte[] bytes, int... ends) {
      this.bytes = bytes;
      this.ends = ends;
    }

    @Override
    public int read() {
      throw new AssertionError("byte by byte");
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (at == bytes.length) {
        return -1;
      }
      if (available() == 0) {
        blockingReads++;
        piece++;
      }
      int count = Math.min(length, available());
      System.arraycopy(bytes, at, into, offset, count);
      at += count;
      return count;
    }

    @Override
    public int available() {
      return (piece < ends.length ? ends[piece] : bytes.length) - at;
    }
  }

  static Stream<Arguments> streams() {
    return Stream.of(
        Arguments.of("LF", "data: a\n\ndata: b\n\n", "[message:a, message:b]"),
        Arguments.of("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", "[message:a, message:b]"),
        Arguments.of("CR", "data: a\r\rdata: b\r\r", "[message:a, message:b]"),
        Arguments.of("mixed ends", "data: a\r\n\rdata: b\n\r\n", "[message:a, message:b]"),
        Arguments.of("byte order mark", "\uFEFFdata: a\n\n", "[message:a]"),
        Arguments.of("a second mark is part of a name", "\uFEFF\uFEFFdata: a\n\n", "[]"),
        Arguments.of("comments", ": ping\n\n:\ndata: a\n: more\n\n", "[message:a]"),
        Arguments.of("several lines", "data: a\ndata: b\n\n", "[message:a|b]"),
        Arguments.of("lines that say nothing", "data\ndata:\ndata: \n\n", "[message:||]"),
        Arguments.of("an empty event", "data\n\n", "[message:]"),
        Arguments.of("one blank only", "data:  a \n\n", "[message: a ]"),
        Arguments.of("no blank", "data:a:b\n\n", "[message:a:b]"),
        Arguments.of("type", "event: x\ndata: a\n\ndata: b\n\n", "[x:a, message:b]"),
        Arguments.of("type between lines", "data: a\nevent: x\ndata: b\n\n", "[x:a|b]"),
        Arguments.of("type without data", "event: x\n\ndata: a\n\n", "[message:a]"),
        Arguments.of("an empty type", "event:\ndata: a\n\n", "[message:a]"),
        Arguments.of("unknown fields", "foo: x\nDATA: y\n data: z\ndatax: q\n\n", "[]"),
        Arguments.of("no last blank line", "data: a\n\ndata: b\n", "[message:a]"),
        Arguments.of("no last line end", "data: a\n\ndata: b", "[message:a]"),
        Arguments.of("nothing", "", "[]"),
        Arguments.of("blank lines", "\n\r\n\n\r", "[]"),
        Arguments.of("characters of every length", "data: aé€😀\n\n", "[message:aé€😀]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streams")
  void everyCutGivesTheSameEvents(String name, String stream, String events) throws IOException {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    assertThat(read(new ByteArrayInputStream(bytes)).toString()).isEqualTo(events);
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertThat(read(new Pieces(bytes, cut)).toString()).as("cut at " + cut).isEqualTo(events);
    }
    int[] single = new int[bytes.length];
    Arrays.setAll(single, index -> index + 1);
    assertThat(read(new Pieces(bytes, single)).toString()).as("single bytes").isEqualTo(events);
  }

  @Test
  void keepsTheLastIdAndTheRetryTime() throws IOException {
    var reader =
        reader(
            "id: 7\nretry: 1500\ndata: a\n\nid: 8\u0000\nretry: 1x\ndata: b\n\n"
                + "id\nretry:\ndata: c\n\n");
    assertThat(reader.retryMillis()).isEmpty();
    assertThat(reader.next()).isTrue();
    assertThat(reader.lastEventId()).isEqualTo("7");
    assertThat(reader.retryMillis()).hasValue(1500);
    assertThat(reader.next()).isTrue();
    assertThat(reader.lastEventId()).as("an id with NUL is ignored").isEqualTo("7");
    assertThat(reader.next()).isTrue();
    assertThat(reader.lastEventId()).isEmpty();
    assertThat(reader.retryMillis()).hasValue(1500);
  }

  @Test
  void knowsWhetherAWholeEventIsThere() throws IOException {
    byte[] bytes = "data: a\n\ndata: b\n\ndata: c\n\n".getBytes(StandardCharsets.UTF_8);
    var in = new Pieces(bytes, 4, 22);
    var reader = new SseReader(in, LIMIT);
    assertThat(reader.hasReady()).as("half a line").isFalse();
    assertThat(reader.next()).isTrue();
    assertThat(reader.hasReady()).isTrue();
    assertThat(text(reader)).as("looking ahead changes nothing").isEqualTo("a");
    assertThat(reader.next()).isTrue();
    assertThat(reader.hasReady()).as("the third is not whole").isFalse();
    assertThat(text(reader)).isEqualTo("b");
    int waits = in.blockingReads;
    assertThat(reader.hasReady()).isFalse();
    assertThat(in.blockingReads).as("it never waits").isEqualTo(waits);
    assertThat(reader.next()).isTrue();
    assertThat(reader.next()).isFalse();
    assertThat(reader.hasReady()).as("the end would come at once").isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: ", ": ", "event: ", ""})
  void refusesALineThatIsTooLong(String beginning) {
    String line = beginning + "x".repeat(LIMIT + 1);
    assertThatThrownBy(() -> read(new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(SseTooLarge.class)
        .hasMessageContaining(Integer.toString(LIMIT));
  }

  @Test
  void refusesAnEventOfTooManyLines() {
    String lines = "data: x\n".repeat(LIMIT);
    assertThatThrownBy(() -> read(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(SseTooLarge.class);
  }

  @Test
  void takesAnEventAsLargeAsTheLimitAndAnyNumberOfComments() throws IOException {
    String large = "x".repeat(LIMIT - 6);
    String stream = ": keep-alive\n".repeat(LIMIT) + "data: " + large + "\n\n";
    assertThat(read(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8))))
        .containsExactly("message:" + large);
  }

  @Test
  void aFailureMetWhileLookingAheadComesAfterWhatIsWhole() throws IOException {
    var broken =
        new InputStream() {
          private int reads;

          @Override
          public int read() {
            throw new AssertionError();
          }

          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            if (reads++ > 0) {
              throw new IOException("cut");
            }
            byte[] first = "data: a\n\ndata".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(first, 0, into, offset, first.length);
            return first.length;
          }

          @Override
          public int available() {
            return 100;
          }
        };
    var reader = new SseReader(broken, LIMIT);
    assertThat(reader.next()).isTrue();
    assertThat(reader.hasReady()).isTrue();
    assertThat(text(reader)).isEqualTo("a");
    assertThatThrownBy(reader::next).isInstanceOf(IOException.class).hasMessage("cut");
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void noiseGivesTheSameEventsHoweverItIsCut() {
    Fuzz.target("sse")
        .rounds(6_000)
        .run(
            SseReaderTest::noise,
            (bytes, random) -> {
              int[] cuts = random.ints(5, 0, bytes.length + 1).sorted().toArray();
              assertThat(read(new Pieces(bytes, cuts), random))
                  .isEqualTo(byTheStandard(new String(bytes, StandardCharsets.UTF_8)));
            });
  }

  private static byte[] noise(Random random) {
    String[] parts = {
      "data", ":", " ", "\n", "\r", "\r\n", "a", "é", "event: t", "\n\n", "😀", "x"
    };
    var noise = new StringBuilder(random.nextInt(50) == 0 ? "data:" + "y".repeat(3_000) : "");
    for (int part = random.nextInt(40); part > 0; part--) {
      noise.append(parts[random.nextInt(parts.length)]);
    }
    return noise.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The standard's algorithm, written down as it stands there. */
  private static List<String> byTheStandard(String stream) {
    var events = new ArrayList<String>();
    String data = "";
    String type = "";
    List<String> lines = Arrays.asList(stream.split("\r\n|\r|\n", -1));
    for (String line : lines.subList(0, lines.size() - 1)) { // the last has no end
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          String joined = data.substring(0, data.length() - 1).replace('\n', '|');
          events.add((type.isEmpty() ? "message" : type) + ":" + joined);
        }
        data = "";
        type = "";
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      if (name.equals("data")) {
        data += value + "\n";
      } else if (name.equals("event")) {
        type = value;
      }
    }
    return events;
  }

  private static List<String> read(InputStream in) throws IOException {
    var reader = new SseReader(in, LIMIT);
    var events = new ArrayList<String>();
    while (reader.next()) {
      events.add(reader.event() + ":" + text(reader).replace('\n', '|'));
    }
    return events;
  }

  /** The same, looking ahead now and then, which must not touch the event that is here. */
  private static List<String> read(InputStream in, Random random) throws IOException {
    var reader = new SseReader(in, LIMIT);
    var events = new ArrayList<String>();
    while (reader.next()) {
      if (random.nextBoolean()) {
        reader.hasReady();
      }
      events.add(reader.event() + ":" + text(reader).replace('\n', '|'));
    }
    return events;
  }

  private static SseReader reader(String text) {
    return new SseReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), LIMIT);
  }

  private static String text(SseReader reader) {
    return new String(reader.bytes(), reader.offset(), reader.length(), StandardCharsets.UTF_8);
  }
}
