package llm.train.corpus;

import java.util.List;
import java.util.random.RandomGenerator;

/** A text with alternatives, of which many surface forms are made. Immutable. */
sealed interface Phrase {

  /** Words that are always the same. */
  record Text(String text) implements Phrase {}

  /** One of several, each as likely. */
  record Choice(List<Phrase> options) implements Phrase {
    public Choice {
      options = List.copyOf(options);
    }
  }

  /** All of them, one behind the other. */
  record Sequence(List<Phrase> parts) implements Phrase {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /** One surface form by lot, its spaces tidied. */
  default String pick(RandomGenerator random) {
    var text = new StringBuilder();
    append(random, text);
    return text.toString().strip().replaceAll(" {2,}", " ").replaceAll(" ([,?!.])", "$1");
  }

  private void append(RandomGenerator random, StringBuilder text) {
    switch (this) {
      case Text(String words) -> text.append(words);
      case Choice(List<Phrase> options) ->
          options.get(random.nextInt(options.size())).append(random, text);
      case Sequence(List<Phrase> parts) -> parts.forEach(part -> part.append(random, text));
    }
  }

  /** How many surface forms there are; {@link Integer#MAX_VALUE} stands for more than that. */
  default long forms() {
    long forms =
        switch (this) {
          case Text _ -> 1;
          case Choice(List<Phrase> options) -> options.stream().mapToLong(Phrase::forms).sum();
          case Sequence(List<Phrase> parts) -> {
            long product = 1;
            for (Phrase part : parts) {
              product = Math.min(product * part.forms(), Integer.MAX_VALUE);
            }
            yield product;
          }
        };
    return Math.min(forms, Integer.MAX_VALUE);
  }
}
