package llm.core.event;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import llm.core.telemetry.Metrics;

/** One subscription: its queue and the thread that empties it. */
final class Subscriber<E> {
  private final Class<E> type;
  private final BooleanSupplier wanted;
  private final Consumer<? super E> action;
  private final Metrics.Counter dropped;
  private final Consumer<Throwable> onFailure;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<E> queue = new ArrayDeque<>(); // guarded by lock
  private long offered; // guarded by lock
  private long settled; // handled or dropped; guarded by lock
  private boolean ending; // guarded by lock

  Subscriber(
      String name,
      Class<E> type,
      BooleanSupplier wanted,
      Consumer<? super E> action,
      Metrics.Counter dropped,
      Consumer<Throwable> onFailure) {
    this.type = type;
    this.wanted = wanted;
    this.action = action;
    this.dropped = dropped;
    this.onFailure = onFailure;
    this.thread = Thread.ofVirtual().name("llm-event-" + name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Queues an event of the type, if it is wanted; a full queue loses its oldest. */
  void offer(Object event) {
    if (!type.isInstance(event) || !wanted.getAsBoolean()) {
      return;
    }
    lock.lock();
    try {
      if (ending) {
        return;
      }
      if (queue.size() == EventBus.QUEUE_SIZE) {
        queue.poll();
        settled++;
        dropped.increment();
      }
      queue.add(type.cast(event));
      offered++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more; the thread ends when the queue is empty. */
  void finish() {
    lock.lock();
    try {
      ending = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more and drops what waits. */
  void cancel() {
    lock.lock();
    try {
      settled += queue.size();
      queue.clear();
      ending = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean awaitIdle(long limitNanos) throws InterruptedException {
    long nanos = limitNanos;
    lock.lock();
    try {
      long target = offered;
      while (settled < target) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the thread's end and interrupts it when it takes too long. */
  boolean awaitEnd(long limitNanos) {
    try {
      if (thread.join(Duration.ofNanos(Math.max(1, limitNanos)))) {
        return true;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    cancel();
    thread.interrupt();
    return false;
  }

  private void run() {
    for (E event = take(); event != null; event = take()) {
      try {
        action.accept(event);
      } catch (RuntimeException | Error failure) {
        onFailure.accept(failure);
      }
      settle();
    }
  }

  /** The next event; null when there will be none. */
  private E take() {
    lock.lock();
    try {
      while (queue.isEmpty() && !ending) {
        changed.awaitUninterruptibly();
      }
      return queue.poll();
    } finally {
      lock.unlock();
    }
  }

  private void settle() {
    lock.lock();
    try {
      settled++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
