package llm.domain.port;

import java.util.List;
import java.util.Optional;
import llm.domain.store.Durability;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/**
 * Logs that are only appended to. Thread-safe; every method blocks until the store has answered,
 * and no longer than the store's time limit.
 *
 * <p>What was appended is whole or not there: a kill at any moment leaves no part of an append, and
 * loses none that was acknowledged, as far as {@link #durability} goes.
 */
public interface LogStore extends AutoCloseable {

  /** What survives. */
  Durability durability();

  /** Whether it can be used just now; asked by health checks, answers within a second. */
  boolean isAvailable();

  /**
   * Appends records; all of them or none.
   *
   * <p>Asked again with the same position and records, it does nothing and succeeds: whoever does
   * not know how an append ended repeats it.
   *
   * @param key a new log is made when there is none
   * @param position that of the first record; the log's end
   * @param records 1 or more; any text, a lone surrogate excepted
   * @param head what {@link LogInfo#head} says from now on; empty leaves it
   * @throws StoreException {@code CONFLICT} when the log ends elsewhere or holds others there,
   *     {@code UNAVAILABLE}, {@code FULL}
   */
  void append(LogKey key, long position, List<String> records, Optional<String> head)
      throws StoreException;

  /**
   * Reads records in order.
   *
   * @param from the first position wanted; where a snapshot stands for it, the snapshot comes first
   * @param limit the most records, 1 or more
   * @return fewer at the end of the log only; none when there is no such log
   */
  List<LogRecord> read(LogKey key, long from, int limit) throws StoreException;

  /** A log's end and description; empty when there is none. */
  Optional<LogInfo> find(LogKey key) throws StoreException;

  /**
   * Logs of a space in the order of their ids.
   *
   * @param after only ids behind this one; empty from the beginning
   * @param limit the most, 1 or more
   */
  List<LogInfo> list(String space, Optional<String> after, int limit) throws StoreException;

  /**
   * Lets a snapshot stand for the log's first records, whose room is given back sooner or later.
   * Whoever reads meanwhile sees either.
   *
   * @param position that of the last record the snapshot stands for
   * @throws StoreException {@code CONFLICT} when the log does not reach so far
   */
  void compact(LogKey key, long position, String snapshot) throws StoreException;

  /** Removes a log; returns whether there was one. */
  boolean delete(LogKey key) throws StoreException;

  /** Gives up files and connections; what was acknowledged is kept. Idempotent. */
  @Override
  void close();
}
