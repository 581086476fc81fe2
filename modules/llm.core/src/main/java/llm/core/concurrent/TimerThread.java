package llm.core.concurrent;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.function.Consumer;
import llm.domain.call.Registration;
import llm.domain.port.TimeSource;

/**
 * The process's one timer: a daemon thread that sleeps until the next alarm. Setting and removing
 * an alarm is O(log n) under a short lock; removed alarms are forgotten at once, so there are as
 * many as calls in flight. The thread is not woken for a removal: it wakes once for nothing, and
 * until then only an alarm before that point wakes it, so that short calls do not.
 */
public final class TimerThread implements Alarms, AutoCloseable {
  private final Object lock = new Object();
  private final TreeSet<Alarm> alarms = new TreeSet<>(Alarm.ORDER); // guarded by lock
  private final TimeSource time = TimeSource.SYSTEM;
  private final Consumer<Throwable> onFailure;
  private final Thread thread;
  private long sequence; // guarded by lock
  private boolean asleep; // guarded by lock
  private boolean asleepForEver; // guarded by lock: no alarm was set
  private long wakesAtNanos; // guarded by lock: when it wakes by itself, while asleep
  private boolean closed; // guarded by lock

  /**
   * Starts the thread.
   *
   * @param onFailure is told what an action threw; runs on the timer's thread
   */
  public TimerThread(Consumer<Throwable> onFailure) {
    this.onFailure = onFailure;
    this.thread = Thread.ofPlatform().name("llm-timer").daemon().start(this::run);
  }

  @Override
  public TimeSource time() {
    return time;
  }

  @Override
  public Registration at(long atNanos, Runnable action) {
    synchronized (lock) {
      if (closed) {
        return () -> {};
      }
      var alarm = new Alarm(atNanos, sequence++, action);
      alarms.add(alarm);
      if (asleep && (asleepForEver || atNanos - wakesAtNanos < 0)) {
        lock.notifyAll();
      }
      return () -> remove(alarm);
    }
  }

  /** Ends the thread; alarms that are still set never run. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      alarms.clear();
      lock.notifyAll();
    }
  }

  /** Waits until the thread has ended, at most {@code millis}; for tests. */
  boolean awaitEnd(long millis) throws InterruptedException {
    thread.join(millis);
    return !thread.isAlive();
  }

  private void remove(Alarm alarm) {
    synchronized (lock) {
      alarms.remove(alarm);
    }
  }

  private void run() {
    for (Alarm due = takeDue(); due != null; due = takeDue()) {
      try {
        due.action().run();
      } catch (RuntimeException | Error failure) {
        tell(failure);
      }
    }
  }

  /** The thread must outlive a listener that throws: every deadline of the process is here. */
  private void tell(Throwable failure) {
    try {
      onFailure.accept(failure);
    } catch (RuntimeException | Error second) {
      failure.addSuppressed(second);
      Thread self = Thread.currentThread();
      self.getUncaughtExceptionHandler().uncaughtException(self, failure);
    }
  }

  /** The next alarm, once its time has come; null when closed. */
  private Alarm takeDue() {
    synchronized (lock) {
      while (!closed) {
        Alarm next = alarms.isEmpty() ? null : alarms.first();
        long waitNanos = next == null ? Long.MAX_VALUE : next.atNanos() - time.nanoTime();
        if (waitNanos <= 0) {
          return alarms.pollFirst();
        }
        asleepForEver = next == null;
        wakesAtNanos = next == null ? 0 : next.atNanos();
        asleep = true;
        try {
          lock.wait(next == null ? 0 : waitNanos / 1_000_000 + 1);
        } catch (InterruptedException _) {
          closed = true; // only close() ends this thread on purpose; an interrupt means the same
        } finally {
          asleep = false;
        }
      }
      return null;
    }
  }

  private record Alarm(long atNanos, long sequence, Runnable action) {
    /** By difference, since nanoTime may overflow; then in the order they were set. */
    private static final Comparator<Alarm> ORDER =
        (left, right) -> {
          long apart = left.atNanos - right.atNanos;
          return apart != 0 ? Long.signum(apart) : Long.compare(left.sequence, right.sequence);
        };
  }
}
