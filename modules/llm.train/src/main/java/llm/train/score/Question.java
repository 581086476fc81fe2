package llm.train.score;

import java.util.Set;
import llm.train.corpus.Language;

/**
 * A question of the test set.
 *
 * @param language of the question, in which the answer is due too
 * @param expected topics whose answer is right, at least one; {@link #FALLBACK} alone where none is
 * @param text what is asked, not blank
 */
record Question(Kind kind, Language language, Set<String> expected, String text) {
  /** Expected of a question that is off topic. */
  static final String FALLBACK = "fallback";

  Question {
    expected = Set.copyOf(expected);
    if (expected.isEmpty() || text.isBlank()) {
      throw new IllegalArgumentException("a question needs words and what to expect: " + text);
    }
    if (kind.isOffTopic() != expected.equals(Set.of(FALLBACK))
        || expected.contains(FALLBACK) != kind.isOffTopic()) {
      throw new IllegalArgumentException(
          "'fallback' alone is expected of what is off topic, and of nothing else: " + text);
    }
  }
}
