package llm.train.score;

import java.util.Arrays;
import java.util.Optional;

/** What a question of the test set is there to find out. */
enum Kind {
  /** About the product, in plain words. */
  IN_DOMAIN("in_domain", "asked plainly"),
  /** About the product, in unusual words, with slips, or in a roundabout way. */
  PARAPHRASE("paraphrase", "asked otherwise"),
  /** About something else altogether. */
  OFF_TOPIC("off_topic", "off topic"),
  /** About something else, in words of the product. */
  OFF_TOPIC_HARD("off_topic_hard", "off topic, in the product's words");

  private final String word;
  private final String title;

  Kind(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /** As the test set, the table and the JSON name it. */
  String word() {
    return word;
  }

  /** As the model card names it. */
  String title() {
    return title;
  }

  /** Whether the fallback is the right answer. */
  boolean isOffTopic() {
    return this == OFF_TOPIC || this == OFF_TOPIC_HARD;
  }

  static Optional<Kind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word.equals(word)).findFirst();
  }
}
