package llm.train.score;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import llm.train.corpus.Language;

/**
 * Which answers are right: the one canonical answer of each topic in each language, and the
 * fallback. An answer is right when it is that text, but for blanks around it.
 */
final class AnswerKey {
  private final Map<String, Map<Language, String>> answers = new TreeMap<>();

  /**
   * A key of these answers.
   *
   * @param topics the answer in each language, by the topic's id
   * @param fallback what is said to a question that is off topic
   */
  AnswerKey(Map<String, Map<Language, String>> topics, Map<Language, String> fallback) {
    topics.forEach((topic, answer) -> answers.put(topic, new EnumMap<>(answer)));
    answers.put(Question.FALLBACK, new EnumMap<>(fallback));
  }

  /** The ids of all topics, and {@link Question#FALLBACK}. */
  Set<String> topics() {
    return new TreeSet<>(answers.keySet());
  }

  /** Whether {@code answer} is the answer of an expected topic, in the question's language. */
  boolean isRight(Question question, String answer) {
    return question.expected().stream()
        .map(topic -> answers.getOrDefault(topic, Map.of()).get(question.language()))
        .anyMatch(answer.strip()::equals);
  }

  /**
   * Whose answer this is: a topic's id, with the language behind it where it is not that of the
   * question, as {@code port (ru)}; {@code no answer of a topic} where it is nobody's.
   */
  String name(Question question, String answer) {
    String text = answer.strip();
    for (Language language : inTurn(question.language())) {
      for (var topic : answers.entrySet()) {
        if (text.equals(topic.getValue().get(language))) {
          return language == question.language()
              ? topic.getKey()
              : topic.getKey() + " (" + Languages.code(language) + ")";
        }
      }
    }
    return "no answer of a topic";
  }

  private static Iterable<Language> inTurn(Language first) {
    var order = new LinkedHashSet<Language>();
    order.add(first);
    order.addAll(Set.of(Language.values()));
    return order;
  }
}
