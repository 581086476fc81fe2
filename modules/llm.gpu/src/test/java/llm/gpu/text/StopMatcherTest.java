package llm.gpu.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopMatcherTest {

  @Test
  void holdsBackWhatMayBecomeAStopStringAndReleasesItWhenItDoesNot() {
    var matcher = new StopMatcher(List.of("END"));

    assertThat(matcher.push("the E")).isEqualTo("the ");
    assertThat(matcher.push("N")).isEmpty();
    assertThat(matcher.push("emy")).isEqualTo("ENemy");
    assertThat(matcher.push(" EN")).isEqualTo(" ");
    assertThat(matcher.finish()).isEqualTo("EN");
    assertThat(matcher.stopped()).isFalse();
  }

  @Test
  void endsBeforeAStopStringThatCameInPieces() {
    var matcher = new StopMatcher(List.of("\n\n", "END"));

    assertThat(matcher.push("one E")).isEqualTo("one ");
    assertThat(matcher.push("ND two")).isEmpty();
    assertThat(matcher.stopped()).isTrue();
    assertThat(matcher.push("three")).isEmpty();
    assertThat(matcher.finish()).isEmpty();
  }

  @Test
  void withoutStopStringsTextPassesThrough() {
    assertThat(new StopMatcher(List.of()).push("text")).isEqualTo("text");
  }

  @Test
  void agreesWithTheObviousSearchHoweverTheTextIsCut() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 20_000; round++) {
      List<String> stops = new ArrayList<>();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        stops.add(letters(random, 1 + random.nextInt(4)));
      }
      String text = letters(random, random.nextInt(20));
      assertThat(inPieces(random, stops, text))
          .as("seed %d, round %d: %s in '%s'", seed, round, stops, text)
          .isEqualTo(obvious(stops, text).orElse(text));
    }
  }

  private static String inPieces(SplittableRandom random, List<String> stops, String text) {
    var matcher = new StopMatcher(stops);
    var out = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int to = Math.min(text.length(), at + 1 + random.nextInt(5));
      out.append(matcher.push(text.substring(at, to)));
      at = to;
    }
    return out.append(matcher.finish()).toString();
  }

  /** The text before the stop string that ends first, the longest of those. */
  private static Optional<String> obvious(List<String> stops, String text) {
    for (int end = 1; end <= text.length(); end++) {
      String head = text.substring(0, end);
      int longest = stops.stream().filter(head::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return Optional.of(head.substring(0, end - longest));
      }
    }
    return Optional.empty();
  }

  private static String letters(SplittableRandom random, int length) {
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(2)));
    }
    return text.toString();
  }
}
