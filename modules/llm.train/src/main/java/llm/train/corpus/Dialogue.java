package llm.train.corpus;

import java.util.List;
import java.util.Optional;

/**
 * A chat to learn from.
 *
 * @param system the system's message before it, if any
 * @param exchanges at least one question with its answer, in order
 */
public record Dialogue(Optional<String> system, List<Exchange> exchanges) {
  public Dialogue {
    exchanges = List.copyOf(exchanges);
    if (exchanges.isEmpty()) {
      throw new IllegalArgumentException("a dialogue has at least one exchange");
    }
  }
}
