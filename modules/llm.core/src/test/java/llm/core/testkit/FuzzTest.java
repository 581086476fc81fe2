package llm.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** A finding of a long run must be had again from two numbers. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class FuzzTest {

  private static byte[] four(Random random) {
    var bytes = new byte[4];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void sameSeedMeansSameInputs() {
    assertThat(inputs(3)).isEqualTo(inputs(3)).hasSize(5).doesNotHaveDuplicates();
    assertThat(inputs(4)).isNotEqualTo(inputs(3));
  }

  private static List<String> inputs(long seed) {
    var seen = new ArrayList<String>();
    Fuzz.target("json")
        .rounds(5)
        .seed(seed)
        .run(
            FuzzTest::four,
            (input, random) -> seen.add(HexFormat.of().formatHex(input) + random.nextLong()));
    return seen;
  }

  @Test
  void aFindingTellsItsInputAndHowToRepeatIt() {
    var trail = new ArrayList<String>();
    Fuzz.Check check =
        (input, _) -> {
          trail.add(HexFormat.of().formatHex(input));
          if (trail.size() == 3) {
            input[0] = 0; // what a parser did to its input is not what it was given
            throw new IllegalStateException("broken");
          }
        };

    assertThatThrownBy(() -> Fuzz.target("json").seed(9).run(FuzzTest::four, check))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("broken")
        .hasMessageContaining(trail.getLast())
        .hasMessageContaining("repeat: tools/fuzz --target json --seed 9 --round 2")
        .hasRootCauseMessage("broken");
  }

  @Test
  void oneRoundIsRepeatedAlone() {
    var all = new ArrayList<String>();
    var one = new ArrayList<String>();
    Fuzz.target("json")
        .rounds(5)
        .seed(9)
        .run(FuzzTest::four, (input, _) -> all.add(HexFormat.of().formatHex(input)));
    System.setProperty("fuzz.round", "3");
    try {
      Fuzz.target("json")
          .seed(9)
          .run(FuzzTest::four, (input, _) -> one.add(HexFormat.of().formatHex(input)));
    } finally {
      System.clearProperty("fuzz.round");
    }
    assertThat(one).containsExactly(all.get(3));
  }
}
