package llm.providers.transport;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import llm.core.concurrent.Alarms;
import llm.domain.call.Registration;
import llm.providers.transport.TransportException.Kind;

/**
 * A bounded number of exchanges at once. Whoever finds none free waits in the order of arrival, for
 * a bounded time, in a queue of bounded length; an abort of the exchange ends the wait at once.
 * Thread-safe.
 */
final class Permits {
  private final String upstream;
  private final int count;
  private final int maxWaiting;
  private final Duration longest;
  private final Alarms alarms;

  private final Object lock = new Object();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(); // guarded by lock
  private int free; // guarded by lock; positive only when nobody waits

  Permits(String upstream, TransportSettings settings, Alarms alarms) {
    this.upstream = upstream;
    this.count = settings.maxConnections();
    this.free = count;
    this.maxWaiting = settings.maxWaiting();
    this.longest = settings.poolWait();
    this.alarms = alarms;
  }

  /** Takes a permit, waiting for one. */
  void take(Exchange exchange) throws TransportException {
    Waiter waiter;
    synchronized (lock) {
      if (free > 0) {
        free--;
        return;
      }
      if (waiters.size() >= maxWaiting) {
        throw exhausted("and " + waiters.size() + " requests wait");
      }
      waiter = new Waiter(Thread.currentThread());
      waiters.add(waiter);
    }
    await(waiter, exchange);
  }

  /** Gives a permit back: to the one who waits longest, if someone does. */
  void give() {
    Waiter next;
    synchronized (lock) {
      next = waiters.poll();
      if (next == null) {
        free++;
        return;
      }
      next.granted = true;
    }
    LockSupport.unpark(next.thread);
  }

  /** How many are taken. */
  int taken() {
    synchronized (lock) {
      return count - free;
    }
  }

  /** How many wait. */
  int waiting() {
    synchronized (lock) {
      return waiters.size();
    }
  }

  private void await(Waiter waiter, Exchange exchange) throws TransportException {
    long until = alarms.time().nanoTime() + longest.toNanos();
    String waited = "and none became free in " + longest.toMillis() + " ms";
    Registration alarm = alarms.at(until, () -> exchange.abort(exhausted(waited)));
    try {
      exchange.during(() -> LockSupport.unpark(waiter.thread));
      while (!waiter.granted) {
        LockSupport.park(this);
        exchange.check();
        if (!waiter.granted && Thread.currentThread().isInterrupted()) {
          throw new TransportException(Kind.CANCELLED, "interrupted while waiting for " + upstream);
        }
      }
      exchange.check();
    } catch (TransportException ended) {
      giveUp(waiter);
      throw ended;
    } finally {
      alarm.close();
    }
  }

  private void giveUp(Waiter waiter) {
    synchronized (lock) {
      if (waiters.remove(waiter)) {
        return;
      }
    }
    give(); // it was granted meanwhile
  }

  private TransportException exhausted(String more) {
    return new TransportException(
        Kind.POOL_EXHAUSTED,
        "all " + count + " connections to " + upstream + " are in use " + more);
  }

  /** Compared by identity. */
  private static final class Waiter {
    private final Thread thread;
    private volatile boolean granted; // written under lock

    private Waiter(Thread thread) {
      this.thread = thread;
    }
  }
}
