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
  private final AtomicLong added = new AtomicLong();
  private volatile long gone; // of those that were added, and all that was there at the start
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
    added.incrementAndGet();
    sweepWhereTooMany();
  }

  private void sweepWhereTooMany() {
    if (added.get() - gone > settings.kept()) {
      sweepAside();
    }
  }

  private void sweepAside() {
    if (!closed && sweeping.compareAndSet(false, true)) {
      Thread.startVirtualThread(this::sweep);
    }
  }

  private void sweep() {
    boolean swept = false;
    try {
      long before = added.get();
      gone = before - archive.sweep(settings.life(), settings.kept());
      swept = true;
    } catch (StoreException failure) {
      log.warn("response_sweep_failed").put("message", failure.getMessage()).emit();
    } finally {
      sweeping.set(false);
      schedule();
    }
    if (swept) {
      sweepWhereTooMany(); // those that came meanwhile may not have been seen
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
