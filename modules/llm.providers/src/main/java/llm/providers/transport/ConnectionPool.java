package llm.providers.transport;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.concurrent.Alarms;
import llm.providers.transport.ConnectionMetrics.Closed;

/**
 * The connections to one upstream. The one used last is used next, so that in quiet times the
 * others grow old and go. There are never more than the permits: who holds one takes a resting
 * connection before opening another. Thread-safe.
 */
final class ConnectionPool {
  private final Connector connector;
  private final TransportSettings settings;
  private final Alarms alarms;
  private final ConnectionMetrics metrics;
  private final Permits permits;
  private final Sweep sweep;
  private final Set<Connection> all = ConcurrentHashMap.newKeySet();

  private final Object lock = new Object();
  private final ArrayDeque<Connection> resting = new ArrayDeque<>(); // guarded; last used first
  private boolean closed; // guarded by lock

  ConnectionPool(
      Connector connector,
      Permits permits,
      TransportSettings settings,
      Alarms alarms,
      ConnectionMetrics metrics) {
    this.connector = connector;
    this.permits = permits;
    this.settings = settings;
    this.alarms = alarms;
    this.metrics = metrics;
    this.sweep = new Sweep(alarms, settings, this::look);
  }

  /** A connection that rests and is alive; null when there is none. */
  Connection reuse() {
    while (true) {
      Connection found;
      synchronized (lock) {
        found = resting.pollFirst();
      }
      if (found == null) {
        return null;
      }
      metrics.idle(-1);
      long now = alarms.time().nanoTime();
      if (found.isOverdue(now)) {
        forget(found, Closed.IDLE);
      } else if (found.isStale()) {
        forget(found, Closed.STALE);
      } else {
        metrics.reused();
        metrics.active(1);
        return found;
      }
    }
  }

  /** A new connection. */
  Connection open(Exchange exchange) throws TransportException {
    Connection opened = connector.open(exchange);
    all.add(opened);
    metrics.created();
    metrics.active(1);
    sweep.wake();
    return opened;
  }

  /** Takes a connection back; closes it when it is not to be kept. */
  void rest(Connection connection, long limitNanos) {
    long now = alarms.time().nanoTime();
    metrics.active(-1);
    if (connection.age(now) >= settings.maxAge().toNanos()) {
      forget(connection, Closed.AGED);
      return;
    }
    connection.rests(now, Math.min(limitNanos, settings.keepAlive().toNanos()));
    Connection surplus = null;
    boolean kept = true;
    synchronized (lock) {
      if (closed || settings.maxIdle() == 0) {
        kept = false;
      } else {
        resting.addFirst(connection);
        surplus = resting.size() > settings.maxIdle() ? resting.pollLast() : null;
      }
    }
    if (!kept) {
      forget(connection, Closed.SURPLUS);
      return;
    }
    metrics.idle(1);
    if (surplus != null) {
      metrics.idle(-1);
      forget(surplus, Closed.SURPLUS);
    }
  }

  /** Closes a connection that an exchange had. */
  void drop(Connection connection, Closed reason) {
    metrics.active(-1);
    forget(connection, reason);
  }

  /** How many connections rest. */
  int resting() {
    synchronized (lock) {
      return resting.size();
    }
  }

  /** How many connections there are. */
  int size() {
    return all.size();
  }

  /** The permits of this pool. */
  Permits permits() {
    return permits;
  }

  /** Closes those that rest; those in use when their exchange ends. */
  void close() {
    List<Connection> rest;
    synchronized (lock) {
      closed = true;
      rest = new ArrayList<>(resting);
      resting.clear();
    }
    metrics.idle(-rest.size());
    rest.forEach(connection -> forget(connection, Closed.SHUTDOWN));
  }

  private void forget(Connection connection, Closed reason) {
    all.remove(connection);
    connection.breakOff();
    metrics.closed(reason);
  }

  /** The sweep's look: waits that took too long, and connections that rested too long. */
  private boolean look(long now) {
    all.forEach(connection -> connection.expireWait(now));
    var overdue = new ArrayList<Connection>();
    synchronized (lock) {
      resting.removeIf(connection -> connection.isOverdue(now) && overdue.add(connection));
    }
    metrics.idle(-overdue.size());
    overdue.forEach(connection -> forget(connection, Closed.IDLE));
    return !all.isEmpty();
  }
}
