package llm.domain.port;

/**
 * Takes what happened to whoever wants to know. Thread-safe; never blocks and never throws: a
 * subscriber's failure is its own.
 *
 * @param <E> the family of events
 */
@FunctionalInterface
public interface EventPublisher<E> {
  /** Hands {@code event} to every subscriber. */
  void publish(E event);
}
