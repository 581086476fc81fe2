package llm.core.event;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Registration;
import llm.domain.port.EventPublisher;

/**
 * Carries events to subscribers by their class. Subscribers do not know each other: each has its
 * own queue of {@link #QUEUE_SIZE} events and its own virtual thread, sees its events in the order
 * they were published, and
 *
 * <ul>
 *   <li>when it is slow, loses its oldest events, counted in {@code
 *       event_bus_dropped_total{subscriber}};
 *   <li>when it throws, is told of in the log ({@code event_subscriber_failed}), counted in {@code
 *       event_bus_failures_total{subscriber}}, and gets the next event.
 * </ul>
 *
 * <p>Publishing never blocks and never throws. Thread-safe. A component that publishes one family
 * of events takes {@code bus::publish} as its {@code EventPublisher<Family>}.
 */
public final class EventBus implements EventPublisher<Object>, AutoCloseable {
  /** Events that wait for one subscriber at most. */
  public static final int QUEUE_SIZE = 1_024;

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final Log log;
  private final Metrics.Counter dropped;
  private final Metrics.Counter failures;
  private final List<Subscriber<?>> subscribers = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /** A bus without subscribers. */
  public EventBus(Telemetry telemetry) {
    this.log = telemetry.log("llm.event");
    this.dropped =
        telemetry
            .metrics()
            .counter(
                "event_bus_dropped_total",
                "Events a subscriber lost because its queue was full.",
                "subscriber");
    this.failures =
        telemetry
            .metrics()
            .counter(
                "event_bus_failures_total", "Events a subscriber failed to take.", "subscriber");
  }

  /**
   * Gives every event of {@code type} from now on to {@code action}, one at a time on a thread of
   * the subscription's own; it may block.
   *
   * @param name of the subscriber in metrics and logs
   * @return closing it ends the subscription: events that wait are dropped, the one that is being
   *     handled goes on
   * @throws IllegalStateException when the bus is closed
   */
  public <E> Registration subscribe(String name, Class<E> type, Consumer<? super E> action) {
    return subscribe(name, type, () -> true, action);
  }

  /**
   * The same for a subscriber that does not always listen.
   *
   * @param wanted is asked when an event is published, by the publisher's thread: while it says no,
   *     events pass by at no cost; must be quick and not throw
   */
  public <E> Registration subscribe(
      String name, Class<E> type, BooleanSupplier wanted, Consumer<? super E> action) {
    var subscriber =
        new Subscriber<E>(
            name,
            type,
            wanted,
            action,
            dropped.labels(name),
            failure -> {
              failures.labels(name).increment();
              log.error("event_subscriber_failed").put("subscriber", name).cause(failure).emit();
            });
    synchronized (subscribers) {
      if (closed) {
        throw new IllegalStateException("the event bus is closed; " + name + " comes too late");
      }
      subscribers.add(subscriber);
    }
    subscriber.start();
    return () -> {
      subscribers.remove(subscriber);
      subscriber.cancel();
    };
  }

  /** Hands the event to every subscriber of its class; a closed bus has none. */
  @Override
  public void publish(Object event) {
    if (!closed) {
      subscribers.forEach(subscriber -> subscriber.offer(event));
    }
  }

  /**
   * Waits until every event published before has been handled or dropped.
   *
   * @return false when {@code limit} passed first
   */
  public boolean flush(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    boolean all = true;
    for (Subscriber<?> subscriber : subscribers) {
      all &= subscriber.awaitIdle(end - System.nanoTime());
    }
    return all;
  }

  /** Closes as {@link #close(Duration)} with 2 s. */
  @Override
  public void close() {
    close(CLOSE_LIMIT);
  }

  /**
   * Takes no more events, lets the subscribers handle those that wait, and interrupts the ones that
   * have not ended when {@code limit} has passed. Idempotent.
   *
   * @return whether every subscriber ended in time
   */
  public boolean close(Duration limit) {
    synchronized (subscribers) {
      closed = true;
    }
    long end = System.nanoTime() + limit.toNanos();
    subscribers.forEach(Subscriber::finish);
    boolean all = true;
    for (Subscriber<?> subscriber : subscribers) {
      all &= subscriber.awaitEnd(end - System.nanoTime());
    }
    return all;
  }
}
