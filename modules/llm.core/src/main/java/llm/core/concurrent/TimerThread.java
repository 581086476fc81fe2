package llm.core.concurrent;

import java.util.PriorityQueue;
import java.util.function.Consumer;
import llm.domain.call.Registration;
import llm.domain.port.TimeSource;

/**
 * The process's one timer: a daemon thread that sleeps until the next alarm. Setting and removing
 * an alarm is O(log n) under a short lock; removed alarms leave the heap at once, so its size is
 * that of the calls in flight.
 */
public final class TimerThread implements Alarms, AutoCloseable {
  private final Object lock = new Object();
  private final PriorityQueue<Alarm> heap = new PriorityQueue<>(); // guarded by lock
  private final TimeSource time = TimeSource.SYSTEM;
  private final Consumer<Throwable> onFailure;
  private final Thread thread;
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
    var alarm = new Alarm(atNanos, action);
    synchronized (lock) {
      if (closed) {
        return () -> {};
      }
      heap.add(alarm);
      if (heap.peek() == alarm) {
        lock.notifyAll();
      }
    }
    return () -> remove(alarm);
  }

  /** Ends the thread; alarms that are still set never run. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      heap.clear();
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
      heap.remove(alarm);
    }
  }

  private void run() {
    for (Alarm due = takeDue(); due != null; due = takeDue()) {
      try {
        due.action.run();
      } catch (RuntimeException | Error failure) {
        onFailure.accept(failure);
      }
    }
  }

  /** The next alarm, once its time has come; null when closed. */
  private Alarm takeDue() {
    synchronized (lock) {
      while (!closed) {
        Alarm next = heap.peek();
        long waitNanos = next == null ? Long.MAX_VALUE : next.atNanos - time.nanoTime();
        if (waitNanos <= 0) {
          return heap.poll();
        }
        try {
          lock.wait(next == null ? 0 : waitNanos / 1_000_000 + 1);
        } catch (InterruptedException _) {
          closed = true; // only close() ends this thread on purpose; an interrupt means the same
        }
      }
      return null;
    }
  }

  private static final class Alarm implements Comparable<Alarm> {
    private final long atNanos;
    private final Runnable action;

    private Alarm(long atNanos, Runnable action) {
      this.atNanos = atNanos;
      this.action = action;
    }

    @Override
    public int compareTo(Alarm other) {
      return Long.signum(atNanos - other.atNanos);
    }
  }
}
