package llm.domain.store;

import java.util.Objects;

/**
 * A place in one certain log, not in whatever has its key by now.
 *
 * @param identity which log
 * @param position the number of a record, from 0; of an end: that of the record to come
 */
public record LogPoint(LogIdentity identity, long position) {
  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when the position is negative
   */
  public LogPoint {
    Objects.requireNonNull(identity, "identity");
    if (position < 0) {
      throw new IllegalArgumentException("a position is 0 or more, not " + position);
    }
  }

  /** Where a log of this identity begins. */
  public static LogPoint beginOf(LogIdentity identity) {
    return new LogPoint(identity, 0);
  }
}
