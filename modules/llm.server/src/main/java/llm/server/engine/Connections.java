package llm.server.engine;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.concurrent.Alarms;

/**
 * All connections of one engine: counted against their limit, looked after for deadlines, ended
 * together. One alarm serves all their deadlines, and there is none while there is no connection.
 * Thread-safe.
 */
final class Connections {
  private static final long FINEST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long COARSEST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int LOOKS_PER_LIMIT = 10;

  private final Alarms alarms;
  private final int limit;
  private final long periodNanos;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicBoolean armed = new AtomicBoolean();
  private final Object change = new Object(); // notified when a request ends while draining
  private volatile boolean draining;

  Connections(Alarms alarms, EngineLimits limits) {
    this.alarms = alarms;
    this.limit = limits.connections();
    long fine = limits.shortest().toNanos() / LOOKS_PER_LIMIT;
    this.periodNanos = Math.clamp(fine, FINEST_NANOS, COARSEST_NANOS);
  }

  /** Takes a place for one more; false when there is none. */
  boolean reserve() {
    if (count.incrementAndGet() > limit) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Gives a place back that was reserved and not used. */
  void release() {
    count.decrementAndGet();
  }

  /** Enters a connection that has a place. */
  void add(Connection connection) {
    open.add(connection);
    arm();
  }

  /**
   * Forgets a connection and frees its place.
   *
   * @return whether it was there
   */
  boolean remove(Connection connection) {
    boolean there = open.remove(connection);
    if (there) {
      count.decrementAndGet();
      requestEnded();
    }
    return there;
  }

  int size() {
    return count.get();
  }

  /** How many wait for a request. */
  long idle() {
    return open.stream().filter(Connection::isIdle).count();
  }

  /** Whether connections end with the request that they serve. */
  boolean isDraining() {
    return draining;
  }

  /** From now on no connection takes another request; those that wait for one are closed. */
  void drain() {
    draining = true;
    open.forEach(Connection::closeIfIdle);
  }

  /** Closes all of them at once; handlers that still run are interrupted. */
  void abort() {
    draining = true;
    open.forEach(Connection::abort);
  }

  /** A request is over; whoever waits for the end of all looks again. */
  void requestEnded() {
    if (draining) {
      synchronized (change) {
        change.notifyAll();
      }
    }
  }

  /** Waits until no request is being served, or {@code limit} has passed. */
  void awaitIdle(Duration limit) throws InterruptedException {
    long until = System.nanoTime() + limit.toNanos();
    synchronized (change) {
      for (long left = limit.toNanos();
          left > 0 && open.stream().anyMatch(Connection::isBusy);
          left = until - System.nanoTime()) {
        change.wait(left / 1_000_000 + 1);
      }
    }
  }

  private void arm() {
    if (!armed.get() && armed.compareAndSet(false, true)) {
      boolean set = false;
      try {
        long at = alarms.time().nanoTime() + periodNanos;
        alarms.at(at, () -> Thread.startVirtualThread(this::sweep));
        set = true;
      } finally {
        if (!set) {
          armed.set(false); // or no later connection could set it, and none would have a deadline
        }
      }
    }
  }

  private void sweep() {
    try {
      long now = alarms.time().nanoTime();
      open.forEach(connection -> connection.check(now));
    } finally {
      armed.set(false);
      if (!open.isEmpty()) {
        arm();
      }
    }
  }
}
