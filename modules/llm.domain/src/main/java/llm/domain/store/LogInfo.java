package llm.domain.store;

import java.time.Instant;
import java.util.Objects;

/**
 * A log without its records.
 *
 * @param key its name
 * @param end which log of that name it is, and the position behind its last record: that of the
 *     next one
 * @param head the latest description given with an append; empty text when none was
 * @param changedAt when it was last appended to, to the millisecond
 */
public record LogInfo(LogKey key, LogPoint end, String head, Instant changedAt) {
  /** Checks that nothing is missing. */
  public LogInfo {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(end, "end");
    Objects.requireNonNull(head, "head");
    Objects.requireNonNull(changedAt, "changedAt");
  }
}
