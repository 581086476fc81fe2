package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("the fast parser of chunks says what the general one says, or nothing")
class ChunkParsersTest {
  private static final int ROUNDS = 60_000;
  private static final byte[] TELLING =
      "{}[]\",:\\u0d8tfnul-+.eE0123456789 \n\t\u0000\u007f".getBytes(StandardCharsets.UTF_8);

  @Test
  void chunksOfTheUsualShapeAreReadFast() throws LlmException {
    for (String text : Chunks.USUAL) {
      byte[] data = Chunks.bytes(text);
      var chunk = new Chunk();
      assertThat(new FastChunk().read(data, 0, data.length, chunk)).as(text).isTrue();
      assertThat(chunk).as(text).hasToString(general(data).toString());
    }
  }

  @Test
  void otherChunksAreLeftToTheGeneralOne() {
    for (String text : Chunks.UNUSUAL) {
      byte[] data = Chunks.bytes(text);
      assertThat(new FastChunk().read(data, 0, data.length, new Chunk())).as(text).isFalse();
    }
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void bothAgreeOnWhateverComes() {
    var texts = new ArrayList<>(Chunks.USUAL);
    texts.addAll(Chunks.UNUSUAL);
    var fast = new FastChunk();
    var known = new AtomicLong();
    long rounds =
        Fuzz.target("sse")
            .rounds(ROUNDS)
            .run(
                random -> mutated(Chunks.bytes(texts.get(random.nextInt(texts.size()))), random),
                (data, _) -> known.addAndGet(agree(fast, data) ? 1 : 0));
    assertThat(rounds < ROUNDS || known.get() > rounds / 50).as("some stay usual").isTrue();
  }

  private static boolean agree(FastChunk fast, byte[] data) {
    var chunk = new Chunk();
    int pad = data.length % 5;
    byte[] padded = new byte[data.length + 2 * pad];
    Arrays.fill(padded, (byte) '"');
    System.arraycopy(data, 0, padded, pad, data.length);
    boolean known = fast.read(padded, pad, data.length, chunk);
    String as = new String(data, StandardCharsets.UTF_8);
    try {
      Chunk general = general(data);
      if (known) {
        assertThat(chunk).as(as).hasToString(general.toString());
      }
    } catch (LlmException refused) {
      assertThat(known).as(as + " is refused: " + refused.getMessage()).isFalse();
      assertThat(refused.error())
          .isInstanceOfAny(LlmError.InvalidJson.class, LlmError.InvalidRequest.class);
    }
    return known;
  }

  private static Chunk general(byte[] data) throws LlmException {
    var chunk = new Chunk();
    GeneralChunk.read(data, chunk);
    return chunk;
  }

  static byte[] mutated(byte[] original, Random random) {
    byte[] data = original.clone();
    int changes = random.nextInt(3);
    for (int change = 0; change < changes && data.length > 0; change++) {
      int at = random.nextInt(data.length);
      int most = Math.min(40, data.length - at);
      switch (random.nextInt(5)) {
        case 0 -> data[at] = TELLING[random.nextInt(TELLING.length)];
        case 1 -> data[at] = (byte) random.nextInt(256);
        case 2 -> data = spliced(data, at, 1 + random.nextInt(most), new byte[0]);
        case 3 -> {
          byte[] piece = Arrays.copyOfRange(data, at, at + 1 + random.nextInt(most));
          data = spliced(data, at, 0, piece);
        }
        default -> {
          List<String> pieces =
              List.of("\\n", "\\u00e9", "\\ud83d", "é", "😀", "null", "01", "\\x");
          data = spliced(data, at, 0, Chunks.bytes(pieces.get(random.nextInt(pieces.size()))));
        }
      }
    }
    return random.nextInt(30) == 0 ? Arrays.copyOf(data, data.length / 2) : data;
  }

  private static byte[] spliced(byte[] data, int at, int removed, byte[] added) {
    byte[] result = new byte[data.length - removed + added.length];
    System.arraycopy(data, 0, result, 0, at);
    System.arraycopy(added, 0, result, at, added.length);
    System.arraycopy(data, at + removed, result, at + added.length, data.length - at - removed);
    return result;
  }
}
