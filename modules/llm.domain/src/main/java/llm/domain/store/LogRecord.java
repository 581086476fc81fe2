package llm.domain.store;

import java.util.Objects;

/**
 * One record of a log.
 *
 * @param position its number in the log, from 0; a snapshot has that of the last record it stands
 *     for
 * @param text what was appended, byte for byte
 */
public record LogRecord(long position, String text) {
  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when the position is negative
   */
  public LogRecord {
    Objects.requireNonNull(text, "text");
    if (position < 0) {
      throw new IllegalArgumentException("a position is 0 or more");
    }
  }
}
