package llm.domain.store;

import java.util.List;
import java.util.Objects;

/**
 * Records that were read at once.
 *
 * @param identity whose they are
 * @param records in order
 */
public record LogPage(LogIdentity identity, List<LogRecord> records) {
  /** Of a log that is not there. */
  public static final LogPage ABSENT = new LogPage(LogIdentity.NONE, List.of());

  /** Copies the records. */
  public LogPage {
    Objects.requireNonNull(identity, "identity");
    records = List.copyOf(records);
  }
}
