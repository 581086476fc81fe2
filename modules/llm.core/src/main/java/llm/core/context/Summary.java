package llm.core.context;

import java.util.List;
import java.util.Objects;

/**
 * What is left of messages that are no longer told to the model word by word.
 *
 * @param text the summary, without the ledger's lines
 * @param entries what the ledger gains
 * @param covered how many messages of the context it stands for, from the oldest on
 */
public record Summary(String text, List<Ledger.Entry> entries, int covered) {
  /** Copies the list. */
  public Summary {
    Objects.requireNonNull(text, "text");
    entries = List.copyOf(entries);
  }

  /** What a model answered to the question for a summary. */
  public static Summary ofAnswer(String answer, int covered) {
    return new Summary(Ledger.withoutEntries(answer), Ledger.parse(answer), covered);
  }
}
