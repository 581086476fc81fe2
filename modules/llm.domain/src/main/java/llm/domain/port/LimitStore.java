package llm.domain.port;

import java.time.Duration;
import java.util.List;
import llm.domain.limit.Demand;
import llm.domain.limit.Ruling;
import llm.domain.limit.Ticket;
import llm.domain.store.StoreException;

/**
 * Counts what was asked for, exactly: of any number of requests that come at once, from all who
 * share the store, no more are let in than the limits allow.
 *
 * <ul>
 *   <li>Of a measure per minute, what is let in within any 60 seconds, of the store's clock, is at
 *       most the limit. It is counted for 60 seconds, and for up to one second more where others
 *       came within the same second.
 *   <li>Of a measure per day, what is let in within a day of UTC is at most the limit.
 *   <li>Of requests at once, those let in and not settled are at most the limit; one that is never
 *       settled counts until its life is over.
 * </ul>
 *
 * Thread-safe; blocks until the store has answered, and no longer than its time limit.
 */
public interface LimitStore extends AutoCloseable {

  /**
   * Counts all that is demanded, or nothing.
   *
   * @param demands one for each bucket
   * @param id of the request, which no other has
   * @param life how long it goes on at most
   */
  Ruling admit(List<Demand> demands, String id, Duration life) throws StoreException;

  /**
   * Corrects what was reserved to what was taken, and ends the request. What is taken less than was
   * reserved goes back where it still counts; what is more counts per minute from now on, and of
   * the day in which the request began. Once for a ticket.
   *
   * @param tokens what it took of them
   * @param nanoDollars what it cost, in billionths of a US dollar
   */
  void settle(Ticket ticket, long tokens, long nanoDollars) throws StoreException;

  /** Whether it can be used, as far as is known without asking it; does not block. */
  boolean isAvailable();

  /** Gives up connections. Idempotent. */
  @Override
  void close();
}
