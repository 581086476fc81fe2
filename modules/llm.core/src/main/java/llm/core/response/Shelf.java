package llm.core.response;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.domain.call.Registration;
import llm.domain.store.StoreException;

/**
 * Keeps the number and the age of kept responses within their bounds: every ten minutes, and when
 * more were added than there may be. Thread-safe.
 */
final class Shelf implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMinutes(10);

  private final ResponseArchive archive;
  private final ResponsesSettings settings;
  private final Alarms alarms;
  private final Log log;
  private final AtomicLong added = new AtomicLong(); // of all times
  private volatile long before; // how many there are, less those added of all times
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private volatile Registration alarm = () -> {};
  private volatile boolean closed;

  Shelf(ResponseArchive archive, ResponsesSettings settings, Alarms alarms, Log log) {
    this.archive = archive;
    this.settings = settings;
    this.alarms = alarms;
    this.log = log;
  }

  /** Counts what there is, and begins. */
  void start() {
    sweepAside();
  }

  /** One more was kept. */
  void added() {
    if (added.incrementAndGet() + before > settings.kept()) {
      sweepAside();
    }
  }

  private void sweepAside() {
    if (!closed && sweeping.compareAndSet(false, true)) {
      Thread.startVirtualThread(this::sweep);
    }
  }

  private void sweep() {
    long seen = added.get(); // what comes while it is swept may not be among those counted
    boolean counted = false;
    try {
      before = archive.sweep(settings.life(), settings.kept()) - seen;
      counted = true;
    } catch (StoreException failure) {
      log.warn("response_sweep_failed").put("message", failure.getMessage()).emit();
    } finally {
      sweeping.set(false);
      schedule();
    }
    if (counted && added.get() > seen && added.get() + before > settings.kept()) {
      sweepAside(); // nobody could begin it meanwhile
    }
  }

  private synchronized void schedule() {
    alarm.close();
    if (!closed) {
      alarm = alarms.at(alarms.time().nanoTime() + PAUSE.toNanos(), this::sweepAside);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    alarm.close();
  }
}
