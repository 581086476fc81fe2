package llm.core.store.journal;

import java.time.Duration;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How a journal keeps what it is given, from section {@code store}.
 *
 * @param interval how long an acknowledged append may be in the system's memory alone; empty: each
 *     is on the device before it is acknowledged
 * @param segmentBytes when a segment is full
 * @param journalBytes the most bytes of all segments; appends beyond it are refused
 * @param appendBytes the most bytes of one append
 * @param timeLimit how long an append waits for those before it
 */
public record JournalSettings(
    Optional<Duration> interval,
    int segmentBytes,
    long journalBytes,
    int appendBytes,
    Duration timeLimit) {

  /** When what was written goes to the device. */
  private enum Fsync {
    ALWAYS,
    INTERVAL
  }

  private static final Setting<Fsync> FSYNC =
      Setting.choice(
          "fsync",
          Fsync.ALWAYS,
          "When the journal's files are synced: always, before an append is acknowledged, or"
              + " interval: what was written since may be lost when the machine (not the process)"
              + " stops.");
  private static final Setting<Duration> INTERVAL =
      Setting.duration(
          "fsync_interval_ms",
          Duration.ofMillis(100),
          Duration.ofMillis(1),
          Duration.ofMinutes(1),
          "The longest time between two syncs of the journal with fsync interval.");
  private static final Setting<Integer> SEGMENT_BYTES =
      Setting.integer(
          "segment_bytes",
          64 << 20,
          1 << 20,
          1 << 30,
          "How large a file of the journal grows before the next begins.");
  private static final Setting<Long> JOURNAL_BYTES =
      Setting.bytes(
          "journal_bytes",
          16L << 30,
          16L << 20,
          1L << 50,
          "How large the journal's files may grow together; appends beyond it are refused.");

  /**
   * Reads the section.
   *
   * @param appendBytes the most bytes of one append, of every store
   * @param timeLimit the time limit of every store
   */
  public static JournalSettings read(Section store, int appendBytes, Duration timeLimit) {
    Duration interval = store.get(INTERVAL);
    boolean always = store.get(FSYNC) == Fsync.ALWAYS;
    int segmentBytes = store.get(SEGMENT_BYTES);
    long journalBytes = store.get(JOURNAL_BYTES);
    if (journalBytes < 4L * segmentBytes) {
      store.reject("journal_bytes", "must be 4 times segment_bytes or more");
    }
    return new JournalSettings(
        always ? Optional.empty() : Optional.of(interval),
        segmentBytes,
        journalBytes,
        appendBytes,
        timeLimit);
  }
}
