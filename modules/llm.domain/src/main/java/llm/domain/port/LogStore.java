package llm.domain.port;

import java.util.List;
import java.util.Optional;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/**
 * Logs that are only appended to. Thread-safe; every method blocks until the store has answered,
 * and no longer than the store's time limit.
 *
 * <p>What was appended is whole or not there: a kill at any moment leaves no part of an append, and
 * loses none that was acknowledged, as far as {@link #durability} goes.
 *
 * <p>A log that was removed and made again is another one, by its identity; what is asked of the
 * one is never done to the other. A log from before there were identities has {@link
 * LogIdentity#NONE} until it is removed.
 */
public interface LogStore extends AutoCloseable {
  /** The longest description of a log: descriptions are held in memory, and listed. */
  int MAX_HEAD_CHARS = 16_384;

  /** What survives. */
  Durability durability();

  /** The most bytes of UTF-8 that the records of one append may have together. */
  long appendBytes();

  /** Whether it can be used just now; asked by health checks, answers within a second. */
  boolean isAvailable();

  /**
   * Appends records; all of them or none.
   *
   * <p>Asked again with the same point and records, it does nothing and succeeds, also when the log
   * has gone on since: whoever does not know how an append ended repeats it. Records that a
   * snapshot stands for by then are no longer known; their repeat is a conflict.
   *
   * @param at that of the first record; the log's end. Where there is no log of that key, position
   *     0 of an identity other than {@link LogIdentity#NONE} makes it
   * @param records 1 or more; any text, a lone surrogate excepted
   * @param head what {@link LogInfo#head} says from now on, at most {@link #MAX_HEAD_CHARS}; empty
   *     leaves it
   * @throws StoreException {@code CONFLICT} when the log ends elsewhere, holds others there, is not
   *     there or of another identity, {@code UNAVAILABLE}, {@code FULL}, {@code TOO_LARGE} when the
   *     records are more than {@link #appendBytes}
   * @throws IllegalArgumentException when a parameter is not as described here
   */
  void append(LogKey key, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException;

  /**
   * Reads records in order.
   *
   * @param from the first position wanted; where a snapshot stands for it, the snapshot comes first
   * @param limit the most records, 1 or more; a snapshot is one. All are held in memory at once
   * @return fewer at the end of the log only; {@link LogPage#ABSENT} when there is no such log
   */
  LogPage read(LogKey key, long from, int limit) throws StoreException;

  /** A log's end and description; empty when there is no such log. */
  Optional<LogInfo> find(LogKey key) throws StoreException;

  /**
   * Logs of a space in the order of their ids' characters.
   *
   * @param after only ids behind this one; empty from the beginning
   * @param limit the most, 1 or more
   */
  List<LogInfo> list(String space, Optional<String> after, int limit) throws StoreException;

  /**
   * Lets a snapshot stand for the log's first records, whose room is given back sooner or later.
   * Whoever reads meanwhile sees either. Nothing happens when a snapshot stands for as many records
   * already, so that repeating it is safe. End, head and time of the log stay.
   *
   * @param at the last record the snapshot stands for
   * @param snapshot any text, a lone surrogate excepted
   * @throws StoreException {@code CONFLICT} when the log does not reach so far or is another one
   */
  void compact(LogKey key, LogPoint at, String snapshot) throws StoreException;

  /**
   * Removes a log. Its key may be used again, by another log.
   *
   * @return whether it was there; false and nothing is done when the key is another log's by now
   */
  boolean delete(LogKey key, LogIdentity identity) throws StoreException;

  /** Gives up files and connections; what was acknowledged is kept. Idempotent. */
  @Override
  void close();
}
