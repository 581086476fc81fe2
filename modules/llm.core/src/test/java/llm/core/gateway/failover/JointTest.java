package llm.core.gateway.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-7: where a continuation is joined to what was given")
class JointTest {
  private static final int TRIALS = 4_000;
  private static final int MOST_REPEATED = 40;
  private static final String[] WORDS = {
    "the", "then", "a", "answer", "größer", "日本語", "😀", "👩‍🚀", "x=1;", "{\"k\":", "\"v\"}", "ab",
    "abab", "--", "...", "\n", "\n\n", "  ", "\t", "is", "it"
  };

  private static String joined(Joint joint, String continuation, Random random) {
    var all = new StringBuilder();
    for (int from = 0; from < continuation.length(); ) {
      int to = Math.min(continuation.length(), from + 1 + random.nextInt(5));
      boolean half =
          to < continuation.length() && Character.isLowSurrogate(continuation.charAt(to));
      to = half ? to + 1 : to;
      all.append(joint.next(continuation.substring(from, to)));
      from = to;
    }
    return all.append(joint.end()).toString();
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int words = 2 + random.nextInt(40); words > 0; words--) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(3) == 0 ? "" : " ");
    }
    return text.toString();
  }

  private static int cut(String text, Random random) {
    int at = random.nextInt(text.length() + 1);
    boolean half = at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at));
    return half ? at - 1 : at;
  }

  /** The longest end of {@code given} that {@code rest} begins with. */
  private static int overlap(String given, String rest) {
    for (int size = Math.min(given.length(), Overlap.MOST); size > 0; size--) {
      if (rest.startsWith(given.substring(given.length() - size))) {
        return size;
      }
    }
    return 0;
  }

  private static void trials(java.util.function.ObjIntConsumer<Random> trial) {
    long seed = Long.getLong("llm.test.seed", new Random().nextLong());
    for (int i = 0; i < TRIALS; i++) {
      trial.accept(new Random(seed + i), i);
    }
  }

  private static String described(Supplier<String> what) {
    return what.get();
  }

  @Test
  void whatIsRepeatedOfTheEndIsTakenAwayHoweverItIsCut() {
    trials((random, number) -> {
      String text = text(random);
      int cut = cut(text, random);
      String given = text.substring(0, cut);
      String rest = text.substring(cut);
      int repeated = Math.min(cut, random.nextInt(MOST_REPEATED + 1));
      String said = given.substring(cut - repeated) + rest;
      boolean isAmbiguous =
          overlap(given, said) != repeated
              || overlap(solid(given), solid(said)) > solid(said.substring(0, repeated)).length();
      boolean half = !said.isEmpty() && Character.isLowSurrogate(said.charAt(0));
      if (isAmbiguous || half) {
        return;
      }

      assertThat(given + joined(new Overlap(given), said, random))
          .as(described(() -> "seed offset " + number + ", repeats " + repeated + ": " + said))
          .isEqualTo(text);
    });
  }

  private static String solid(String text) {
    return text.replaceAll("\\s", "");
  }

  @Test
  void ofWhatIsAmbiguousTheLongestRepetitionCounts() {
    trials((random, number) -> {
      String unit = "ab".repeat(1 + random.nextInt(2)) + (random.nextBoolean() ? "" : "c");
      String given = "x" + unit.repeat(1 + random.nextInt(30));
      String said = given.substring(random.nextInt(given.length())) + "!";
      int repeated = overlap(given, said);

      assertThat(joined(new Overlap(given), said, random))
          .as("offset " + number)
          .isEqualTo(said.substring(repeated));
    });
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      delimiter = '|',
      value = {
        "The quick brown fox|quick brown fox jumps| jumps",
        "The quick  brown fox|quick brown fox jumps| jumps",
        "The quick brown fox |\tquick brown fox jumps|jumps",
        "The quick brown fox| jumps| jumps",
        "The quick brown fox |jumps|jumps",
        "The quick brown fox | jumps|jumps",
        "no more|more|''",
        "no more|mo|mo",
        "one|one|''",
        "😀😀|😀!|!",
        "a🚀|🚀b|b",
        "''|all of it|all of it",
        "very| very good| very good"
      })
  void whiteSpaceThatDiffersIsNoDifferenceWhereMuchIsTheSame(
      String given, String said, String rest) {
    assertThat(joined(new Overlap(given), said, new Random(1))).isEqualTo(rest);
  }

  @Test
  void nothingIsHeldBackThatRepeatsNothing() {
    var joint = new Overlap("The answer is 42");

    assertThat(joint.next(", which")).isEqualTo(", which");
    assertThat(joint.next(" is 42")).isEqualTo(" is 42");
    assertThat(joint.end()).isEmpty();
  }

  @Test
  void whatIsHeldBackIsBounded() {
    String given = "a".repeat(10_000);
    var joint = new Overlap(given);
    int held = 0;
    while (joint.next("a").isEmpty()) {
      held++;
    }

    assertThat(held).isLessThanOrEqualTo(2 * Overlap.MOST);
  }

  @Test
  void spaceThatWasNotToldIsNotGivenTwice() {
    assertThat(joined(new Regrown("\n  "), "\n  x", new Random(2))).isEqualTo("x");
    assertThat(joined(new Regrown("\n\n"), "\nx", new Random(2))).isEqualTo("x");
    assertThat(joined(new Regrown(" "), "x y", new Random(2))).isEqualTo("x y");
    assertThat(joined(new Regrown(" "), "  x", new Random(2))).isEqualTo(" x");
    assertThat(joined(new Regrown(""), "x", new Random(2))).isEqualTo("x");
  }

  @Test
  void aMessageThatComesAllOverAgainIsTakenAway() {
    String given = "Once upon a time";
    trials((random, _) -> {
      assertThat(joined(new Echo(given, new Regrown(" ")), given + " there was", random))
          .isEqualTo("there was");
      assertThat(joined(new Echo(given, new Regrown("")), " there was", random))
          .isEqualTo(" there was");
      assertThat(joined(new Echo(given, new Regrown("")), "Once upon", random))
          .isEqualTo("Once upon");
      assertThat(joined(new Echo(given, new Regrown("")), given, random)).isEmpty();
      assertThat(joined(new Echo("ha", new Regrown("")), "haha", random)).isEqualTo("haha");
    });
  }
}
