package llm.domain.port;

import java.time.LocalDate;
import java.util.Map;
import llm.domain.store.StoreException;

/** Sums by day that all who share the store add to. Thread-safe; blocks until it has answered. */
public interface SumStore extends AutoCloseable {

  /**
   * Adds to the sums of a day, all or none of it.
   *
   * @param more by name: visible ASCII without blanks at its ends, at most 1,000 characters
   */
  void add(LocalDate day, Map<String, Long> more) throws StoreException;

  /** The sums of a day by name; none where nothing was added, or it was too long ago. */
  Map<String, Long> read(LocalDate day) throws StoreException;

  /** Gives up connections. Idempotent. */
  @Override
  void close();
}
