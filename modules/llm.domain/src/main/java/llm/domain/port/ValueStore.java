package llm.domain.port;

import java.time.Duration;
import java.util.Optional;
import llm.domain.store.StoreException;

/**
 * Values by key that may be forgotten: a cache's. Thread-safe; blocks until the store has answered,
 * and no longer than its time limit.
 */
public interface ValueStore extends AutoCloseable {

  /**
   * The value of a key; empty when there is none or its time is over.
   *
   * @param key 1 to 256 characters of visible ASCII
   */
  Optional<String> get(String key) throws StoreException;

  /**
   * Puts a value, instead of one that was there.
   *
   * @param value any text, a lone surrogate excepted; one that is too large is not kept
   * @param life how long it is kept at most, to the millisecond; more than 0
   */
  void put(String key, String value, Duration life) throws StoreException;

  /** Removes a value; nothing happens when there is none. */
  void remove(String key) throws StoreException;

  /** Whether it can be used, as far as is known without asking it; does not block. */
  boolean isAvailable();

  /** Gives up connections. Idempotent. */
  @Override
  void close();
}
