package llm.server.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The parts that work on bytes, each against a plain second implementation. */
class PieceTest {
  private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());

  @Test
  void masksAsTheFormulaOfTheRfcDoes() {
    var random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      int from = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
      int key = random.nextInt();
      long position = random.nextLong(1L << 40);
      byte[] expected = bytes.clone();
      for (int i = from; i < bytes.length; i++) {
        expected[i] ^= (byte) (key >>> 24 - 8 * (int) ((position + i - from) % 4));
      }
      Mask.apply(bytes, from, bytes.length, key, position);
      assertThat(bytes).as("seed %d round %d", SEED, round).isEqualTo(expected);
    }
  }

  @Test
  void saysOfUtf8WhatTheJdkSays() {
    var random = new Random(SEED);
    for (int round = 0; round < 200_000; round++) {
      byte[] bytes = new byte[random.nextInt(12)];
      for (int i = 0; i < bytes.length; i++) {
        // Mostly lead and continuation bytes: pure noise is nearly always wrong at once.
        bytes[i] =
            (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : 0x80 + random.nextInt(128));
      }
      int cut = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
      var check = new Utf8Check();
      boolean ours =
          check.accept(bytes, 0, cut) && check.accept(bytes, cut, bytes.length) && check.isWhole();
      assertThat(ours).as("seed %d round %d", SEED, round).isEqualTo(isUtf8(bytes));
    }
  }

  @Test
  void asciiIsPassedInAnyAlignment() {
    for (int length = 0; length < 40; length++) {
      for (int wrong = 0; wrong < length; wrong++) {
        byte[] bytes = "a".repeat(length).getBytes(StandardCharsets.US_ASCII);
        assertThat(new Utf8Check().accept(bytes, 0, length)).isTrue();
        bytes[wrong] = (byte) 0xFF;
        assertThat(new Utf8Check().accept(bytes, 0, length)).isFalse();
      }
    }
  }

  @Test
  void memoryGrowsWithWhatArrivesAndNotWithWhatIsClaimed() throws IOException {
    // A head that claims 200 MB, then drips: the parser may never ask for more room than it has
    // seen bytes, times two.
    int claimed = 200 << 20;
    byte[] head = ClientFrames.frame(true, 0, 2, 127, claimed, 0, new byte[0]);
    List<Integer> asked = new ArrayList<>();
    var dripping =
        new InputStream() {
          private int given;

          @Override
          public int read() {
            throw new AssertionError("by pieces only");
          }

          @Override
          public int read(byte[] into, int from, int length) throws IOException {
            asked.add(into.length);
            if (given < head.length) {
              System.arraycopy(head, 0, into, from, head.length);
              given = head.length;
              return head.length;
            }
            if (given > 100_000) {
              throw new IOException("enough seen");
            }
            given += 1;
            return 1;
          }
        };
    var reader = new MessageReader(dripping, 1 << 28);
    try {
      reader.next();
    } catch (IOException enough) {
      assertThat(enough).hasMessage("enough seen");
    }
    assertThat(asked).allMatch(room -> room <= 4 * 100_000);
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException wrong) {
      return false;
    }
  }
}
