package llm.server.engine;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.concurrent.Alarms;

/**
 * Finds the exchanges that take longer than a moment, whose clients are then watched by a read of
 * their own. A request that is answered within the moment pays a look at a flag for it, no thread.
 * There is one alarm for all connections, and none while nothing is being answered. Thread-safe.
 */
final class Lookout {
  /** How long an exchange lasts before its client is watched. */
  static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Alarms alarms;
  private final ConcurrentLinkedQueue<Connection> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean armed = new AtomicBoolean();

  Lookout(Alarms alarms) {
    this.alarms = alarms;
  }

  /** Looks at {@code connection} after the moment; a connection is in here once at most. */
  void add(Connection connection) {
    waiting.add(connection);
    arm();
  }

  private void arm() {
    if (!armed.get() && armed.compareAndSet(false, true)) {
      boolean set = false;
      try {
        alarms.at(alarms.time().nanoTime() + MOMENT_NANOS, this::look);
        set = true;
      } finally {
        if (!set) {
          armed.set(false); // or nobody would be watched any more
        }
      }
    }
  }

  /** Runs on the alarms' thread: starts threads, waits for none. */
  private void look() {
    armed.set(false);
    long now = alarms.time().nanoTime();
    Connection last = null;
    for (Connection c = waiting.poll(); c != null; c = waiting.poll()) {
      if (c.look(now)) {
        waiting.add(c);
        last = last == null ? c : last;
      }
      if (waiting.peek() == last) {
        break; // once round: those that stay are looked at the next time
      }
    }
    if (!waiting.isEmpty()) {
      arm();
    }
  }
}
