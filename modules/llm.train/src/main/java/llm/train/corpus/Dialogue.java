package llm.train.corpus;

import java.util.List;
import java.util.Optional;

/**
 * One conversation.
 *
 * @param system the instruction that it begins with, where it has one
 * @param exchanges at least one
 */
public record Dialogue(Optional<String> system, List<Exchange> exchanges) {
  /** Copies the list. */
  public Dialogue {
    exchanges = List.copyOf(exchanges);
    if (exchanges.isEmpty()) {
      throw new IllegalArgumentException("a dialogue has at least one exchange");
    }
  }
}
