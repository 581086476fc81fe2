package llm.bench.kill;

import java.util.List;
import java.util.SplittableRandom;

/** What users say: mostly little, sometimes much, in letters that are easily broken. */
final class Texts {
  private static final List<String> WORDS =
      List.of(
          "yes",
          "and",
          "then",
          "Grüße",
          "שלום",
          "مرحبا",
          "日本語",
          "🙂",
          "👩‍👩‍👧",
          "\"so\"",
          "a\\b",
          "{\"text\":1}",
          "data:",
          "line\nline",
          "why?");
  private static final int MOST_FEW = 30;
  private static final int MOST_SOME = 200;
  private static final int MOST_MANY = 700;

  private final SplittableRandom random;

  Texts(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** The next one; its number keeps it apart from all others of the client. */
  String next(long number) {
    int kind = random.nextInt(20);
    int most = kind == 0 ? MOST_MANY : kind < 6 ? MOST_SOME : MOST_FEW;
    var text = new StringBuilder("#").append(number);
    for (int words = 1 + random.nextInt(most); words > 0; words--) {
      text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
    }
    return text.toString();
  }
}
