package llm.server.http.guard;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.domain.call.Registration;
import llm.server.engine.EngineExchange;
import llm.server.engine.StalledClientException;

/** Bounds how long one write to a client may block, and says what became of the client. */
public interface WriteGuard extends AutoCloseable {
  /** Our own engine bounds its writes by itself; what it throws says why. */
  WriteGuard ENGINE =
      new WriteGuard() {
        @Override
        public void run(Output output) throws ConnectionLost {
          try {
            output.write();
          } catch (StalledClientException stalled) {
            throw new ConnectionLost(ConnectionLost.Why.STALLED, stalled);
          } catch (IOException broken) {
            throw new ConnectionLost(ConnectionLost.Why.GONE, broken);
          }
        }

        @Override
        public void close() {
          // nothing is held
        }
      };

  /** A piece of output. */
  @FunctionalInterface
  interface Output {
    void write() throws IOException;
  }

  /** The guard of one exchange's answer. */
  static WriteGuard of(HttpExchange exchange, Alarms alarms, Duration limit) {
    return exchange instanceof EngineExchange ? ENGINE : new Alarmed(alarms, limit);
  }

  /**
   * Runs {@code output}, by one thread at a time.
   *
   * @throws ConnectionLost when it failed, or took too long
   */
  void run(Output output) throws ConnectionLost;

  @Override
  void close();

  /**
   * The guard for the JDK's engine. A virtual thread that waits in a socket write is interrupted,
   * which closes the socket; nothing else wakes it.
   *
   * <p>One alarm watches all writes of a response and is set anew when it fires, so that a write
   * costs two uncontended locks and no alarm.
   */
  final class Alarmed implements WriteGuard {

    private final Alarms alarms;
    private final long limitNanos;
    private final Object lock = new Object();
    private Thread writer; // guarded by lock; null while nobody writes
    private long sinceNanos; // guarded by lock
    private boolean expired; // guarded by lock
    private boolean closed; // guarded by lock
    private Registration alarm = () -> {}; // guarded by lock

    private Alarmed(Alarms alarms, Duration limit) {
      this.alarms = alarms;
      this.limitNanos = limit.toNanos();
      setAlarm(alarms.time().nanoTime() + limitNanos);
    }

    @Override
    public void run(Output output) throws ConnectionLost {
      synchronized (lock) {
        writer = Thread.currentThread();
        sinceNanos = alarms.time().nanoTime();
      }
      IOException failure = null;
      boolean stalled;
      try {
        output.write();
      } catch (IOException broken) {
        failure = broken;
      } finally {
        synchronized (lock) {
          writer = null;
          stalled = expired;
        }
      }
      if (stalled) {
        Thread.interrupted(); // it was meant for the write, which is over
        throw new ConnectionLost(ConnectionLost.Why.STALLED, failure);
      }
      if (failure != null) {
        throw new ConnectionLost(ConnectionLost.Why.GONE, failure);
      }
    }

    @Override
    public void close() {
      synchronized (lock) {
        closed = true;
        alarm.close();
      }
    }

    private void setAlarm(long atNanos) {
      synchronized (lock) {
        if (!closed) {
          alarm = alarms.at(atNanos, () -> Thread.startVirtualThread(this::check));
        }
      }
    }

    private void check() {
      long now = alarms.time().nanoTime();
      synchronized (lock) {
        if (writer == null) {
          setAlarm(now + limitNanos);
        } else if (now - sinceNanos < limitNanos) {
          setAlarm(sinceNanos + limitNanos);
        } else {
          expired = true;
          writer.interrupt();
        }
      }
    }
  }
}
