package llm.core.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NamePatternTest {
  private static final int ROUNDS = 20_000;

  @Test
  void fitsAsARegularExpressionDoes() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < ROUNDS; i++) {
      String pattern = text(random, true);
      String name = text(random, false);
      String regex = Pattern.quote(pattern).replace("*", "\\E(.*)\\Q");
      var expected = Pattern.compile(regex, Pattern.DOTALL).matcher(name);
      boolean fits = expected.matches();
      assertThat(new NamePattern(pattern).match(name))
          .as("seed %d: %s on %s", seed, pattern, name)
          .isEqualTo(
              fits
                  ? java.util.Optional.of(expected.groupCount() > 0 ? expected.group(1) : "")
                  : java.util.Optional.empty());
    }
  }

  /** Whatever the order in which they are written, the same one wins, and none is more exact. */
  @Test
  void theMostExactOfThoseThatFitIsOne() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < ROUNDS / 10; i++) {
      var patterns = new ArrayList<NamePattern>();
      for (int n = 0; n < 12; n++) {
        var one = new NamePattern(text(random, true));
        if (!patterns.contains(one)) {
          patterns.add(one);
        }
      }
      String name = text(random, false);
      NamePattern winner = winner(patterns, name);
      for (int n = 0; n < 3; n++) {
        java.util.Collections.shuffle(patterns, random);
        assertThat(winner(patterns, name)).as("seed %d: %s", seed, name).isEqualTo(winner);
      }
      for (NamePattern other : patterns) {
        if (winner != null && other.match(name).isPresent() && !other.equals(winner)) {
          assertThat(literals(other))
              .as("seed %d: %s beside %s for %s", seed, other, winner, name)
              .isLessThanOrEqualTo(literals(winner));
          assertThat(NamePattern.MOST_EXACT_FIRST.compare(winner, other)).isNegative();
        }
      }
    }
  }

  @Test
  void refusesWhatIsNoName() {
    for (String bad : List.of("", " ", "a ", "a*b*", "**")) {
      assertThatIllegalArgumentException().isThrownBy(() -> new NamePattern(bad));
    }
  }

  private static NamePattern winner(List<NamePattern> patterns, String name) {
    return patterns.stream()
        .sorted(NamePattern.MOST_EXACT_FIRST)
        .filter(one -> one.match(name).isPresent())
        .findFirst()
        .orElse(null);
  }

  private static int literals(NamePattern pattern) {
    return pattern.isPattern() ? pattern.text().length() - 1 : Integer.MAX_VALUE;
  }

  private static String text(Random random, boolean mayHaveStar) {
    var text = new StringBuilder();
    int length = 1 + random.nextInt(5);
    for (int i = 0; i < length; i++) {
      text.append(random.nextBoolean() ? 'a' : 'b');
    }
    if (mayHaveStar && random.nextInt(3) > 0) {
      text.setCharAt(random.nextInt(length), '*');
    }
    return text.toString();
  }
}
