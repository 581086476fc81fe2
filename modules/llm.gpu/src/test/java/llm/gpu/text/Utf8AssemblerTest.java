package llm.gpu.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Utf8AssemblerTest {

  @Test
  void everySplitOfATextGivesTheTextInWholeCharacters() {
    byte[] bytes = "aé€😀z ﬁ 漢字 👩‍👩‍👧".getBytes(StandardCharsets.UTF_8);
    for (int first = 0; first <= bytes.length; first++) {
      for (int second = first; second <= bytes.length; second++) {
        assertAssembles(bytes, first, second);
      }
    }
  }

  @Test
  void bytesThatAreNoTextBecomeReplacementCharactersAsInTheJdk() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 5000; round++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      int first = random.nextInt(bytes.length + 1);
      int second = first + random.nextInt(bytes.length - first + 1);
      try {
        assertAssembles(bytes, first, second);
      } catch (AssertionError failure) {
        throw new AssertionError("seed " + seed + ", round " + round, failure);
      }
    }
  }

  @Test
  void holdsAnUnfinishedCharacterUntilTheEnd() {
    var assembler = new Utf8Assembler();

    assertThat(assembler.push(ByteBuffer.wrap(new byte[] {'a', (byte) 0xF0, (byte) 0x9F})))
        .isEqualTo("a");
    assertThat(assembler.finish()).isEqualTo("\uFFFD");
  }

  @Test
  void takesPiecesLargerThanItsBuffers() {
    String large = "é".repeat(5000);

    assertThat(new Utf8Assembler().push(ByteBuffer.wrap(large.getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(large);
  }

  private static void assertAssembles(byte[] bytes, int first, int second) {
    var assembler = new Utf8Assembler();
    String[] pieces = {
      assembler.push(ByteBuffer.wrap(bytes, 0, first)),
      assembler.push(ByteBuffer.wrap(bytes, first, second - first)),
      assembler.push(ByteBuffer.wrap(bytes, second, bytes.length - second)),
      assembler.finish()
    };
    for (String piece : pieces) {
      assertThat(piece.isEmpty() || !Character.isLowSurrogate(piece.charAt(0))).isTrue();
      assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
          .isTrue();
    }
    assertThat(String.join("", pieces)).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
  }
}
