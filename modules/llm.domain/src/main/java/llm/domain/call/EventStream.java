package llm.domain.call;

import llm.domain.error.LlmException;

/**
 * A finite sequence of events that one consumer pulls. Not pulling is the back-pressure: a producer
 * may run ahead by a bounded number of events and then waits.
 *
 * <p>Lifecycle:
 *
 * <ol>
 *   <li>{@link #next()} is called until it returns the terminal event; there is exactly one.
 *   <li>{@link #close()} releases what the stream holds. Closing before the terminal event cancels
 *       the producer; a {@code next()} that waits, or comes later, then returns the terminal event.
 * </ol>
 *
 * <p>Thread-safety: {@code next()} and {@code hasReady()} belong to one consumer thread at a time;
 * {@code close()} may be called from any thread.
 *
 * @param <E> the event type; it says itself which of its values are terminal
 */
public interface EventStream<E> extends AutoCloseable {

  /**
   * Waits for the next event and returns it. The wait ends at the latest when the call's deadline
   * passes, because a deadline is a cancellation and a cancelled stream ends with its terminal
   * event.
   *
   * @return the next event, the terminal one last
   * @throws IllegalStateException after the terminal event was returned
   * @throws LlmException when the stream cannot say its end as an event, which no implementation in
   *     this product does after the upstream has accepted
   */
  E next() throws LlmException;

  /** Whether {@link #next()} would return without waiting. A hint for flushing; never blocks. */
  boolean hasReady();

  /** Releases the stream; early, it cancels. Any thread, idempotent, does not block. */
  @Override
  void close();
}
