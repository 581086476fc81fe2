package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenLookupTest {
  private static final long SEED = 20_261_122;

  private static TokenLookup of(int... tokens) {
    var lookup = new TokenLookup();
    Arrays.stream(tokens).forEach(lookup::add);
    return lookup;
  }

  private static List<Integer> found(TokenLookup lookup, int most) {
    int[] into = new int[most];
    int count = lookup.find(most, into);
    return Arrays.stream(into, 0, count).boxed().toList();
  }

  @Test
  void whatFollowedTheSameTokensBeforeIsFound() {
    assertThat(found(of(7, 1, 2, 3, 4, 5, 6, 9, 1, 2, 3), 3)).containsExactly(4, 5, 6);
  }

  @Test
  void nothingIsFoundBehindFewerTokensThanThree() {
    assertThat(found(of(1, 2, 3, 4, 9, 2, 3), 3)).isEmpty();
    assertThat(found(of(1, 1), 3)).isEmpty();
    assertThat(found(of(), 3)).isEmpty();
  }

  @Test
  void theLongestMatchCountsAndOfEqualsTheLatest() {
    var lookup = of(8, 1, 2, 3, 40, 5, 1, 2, 3, 50, 6, 1, 2, 3, 60, 8, 1, 2, 3);
    assertThat(found(lookup, 1)).containsExactly(40);
    assertThat(lookup.matched()).isEqualTo(4);
    assertThat(found(of(5, 1, 2, 3, 50, 6, 1, 2, 3, 60, 7, 1, 2, 3), 1)).containsExactly(60);
  }

  @Test
  void aTextThatRepeatsItselfIsGoneOnWithBeyondItsEnd() {
    assertThat(found(of(1, 2, 1, 2, 1, 2), 5)).containsExactly(1, 2, 1, 2, 1);
    assertThat(found(of(4, 4, 4, 4), 3)).containsExactly(4, 4, 4);
  }

  @Test
  void inRandomTextsItFindsWhatASearchFromTheEndFinds() {
    var random = new SplittableRandom(SEED);
    var lookup = new TokenLookup();
    List<Integer> text = new ArrayList<>();
    int hits = 0;
    for (int i = 0; i < 3000; i++) {
      int token = random.nextInt(12);
      text.add(token);
      lookup.add(token);
      List<Integer> found = found(lookup, 4);
      assertThat(found.isEmpty()).as("at %d, seed %d", i, SEED).isEqualTo(last(text) < 0);
      if (!found.isEmpty()) {
        hits++;
        int length = lookup.matched();
        int end = text.size();
        assertThat(occurs(text, text.subList(end - length, end), found.getFirst()))
            .as("at %d, seed %d", i, SEED)
            .isTrue();
      }
    }
    assertThat(hits).isPositive();
  }

  /** Where the last three tokens stood last before the end; −1 for nowhere. */
  private static int last(List<Integer> text) {
    int end = text.size();
    for (int at = end - 2; at >= 2 && end >= 4; at--) {
      if (text.subList(at - 2, at + 1).equals(text.subList(end - 3, end))) {
        return at;
      }
    }
    return -1;
  }

  private static boolean occurs(List<Integer> text, List<Integer> match, int next) {
    for (int at = match.size(); at < text.size(); at++) {
      if (text.get(at) == next && text.subList(at - match.size(), at).equals(match)) {
        return true;
      }
    }
    return false;
  }
}
