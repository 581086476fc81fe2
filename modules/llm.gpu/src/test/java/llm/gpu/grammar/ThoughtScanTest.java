package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-7: where reasoning ends")
class ThoughtScanTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  @Test
  void marksAreFoundInOrderHoweverTheTextIsCut() {
    var random = new Random(SEED);
    String text = "hm <\uff5cend\uff5c> </th</think> so</think>\n{\"a\"";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 200; round++) {
      ThoughtScan scan = ThoughtScan.of(List.of("<\uff5cend\uff5c>", "</think>"));
      var rest = new StringBuilder();
      for (int from = 0; from < bytes.length; ) {
        int to = from + 1 + random.nextInt(Math.min(9, bytes.length - from));
        byte[] piece = java.util.Arrays.copyOfRange(bytes, from, to);
        if (scan.isOver()) {
          rest.append(new String(piece, StandardCharsets.UTF_8));
        } else {
          scan = scan.with(piece);
          rest.append(new String(scan.restBytes(), StandardCharsets.UTF_8));
        }
        from = to;
      }
      assertThat(scan.isOver()).as("seed %d", SEED).isTrue();
      assertThat(rest.toString()).as("seed %d", SEED).isEqualTo(" so</think>\n{\"a\"");
    }
  }

  @Test
  void aMarkBehindTheWrongOneIsNoEnd() {
    ThoughtScan scan = ThoughtScan.of(List.of("<final>", "<message>"));
    assertThat(scan.with("<message>hm".getBytes(StandardCharsets.UTF_8)).isOver()).isFalse();
  }
}
