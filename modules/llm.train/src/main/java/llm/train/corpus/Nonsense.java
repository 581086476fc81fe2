package llm.train.corpus;

import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Questions about words that there are not, or that have nothing to do with each other, so that
 * what the model never saw means nothing to it. Immutable.
 */
final class Nonsense {
  private static final int MOST_WORDS = 6;

  private final Map<String, Phrase> lists;

  /**
   * Nonsense of the lists {@code stem}, {@code noun}, {@code filler}, {@code onset}, {@code vowel}
   * and {@code coda}, each with {@code _en} or {@code _ru} behind it.
   */
  Nonsense(Map<String, Phrase> lists) {
    this.lists = lists;
  }

  /** A question by lot. */
  String in(Language language, RandomGenerator random) {
    String ending = language == Language.ENGLISH ? "_en" : "_ru";
    var text = new StringBuilder();
    if (random.nextInt(3) > 0) {
      text.append(lists.get("stem" + ending).pick(random)).append(' ');
    }
    int words = 1 + random.nextInt(MOST_WORDS);
    text.append(content(ending, random));
    for (int i = 1; i < words; i++) {
      String next =
          random.nextInt(2) == 0
              ? content(ending, random)
              : lists.get("filler" + ending).pick(random);
      text.append(' ').append(next);
    }
    return text.toString();
  }

  /** A word or two, ours or nobody's. */
  String word(Language language, RandomGenerator random) {
    return content(language == Language.ENGLISH ? "_en" : "_ru", random);
  }

  private String content(String ending, RandomGenerator random) {
    return random.nextInt(2) == 0
        ? lists.get("noun" + ending).pick(random)
        : invented(ending, random);
  }

  private String invented(String ending, RandomGenerator random) {
    var word = new StringBuilder();
    int syllables = 1 + random.nextInt(3);
    for (int i = 0; i < syllables; i++) {
      word.append(lists.get("onset" + ending).pick(random));
      word.append(lists.get("vowel" + ending).pick(random));
    }
    return word.append(lists.get("coda" + ending).pick(random)).toString();
  }
}
