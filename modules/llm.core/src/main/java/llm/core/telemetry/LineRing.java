package llm.core.telemetry;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bounded queue between the threads that log and the one that writes. DEBUG and INFO wait
 * {@link #LINGER} for others to be written with, so that a busy server does not wake its writer for
 * each line; more important ones are written at once. When it is full:
 *
 * <ul>
 *   <li>DEBUG and INFO are refused at once.
 *   <li>WARN and ERROR wait {@link #PATIENCE} for room, then are refused.
 *   <li>AUDIT has as many places again for itself; when these are taken too it waits {@link
 *       #AUDIT_PATIENCE}. Only an output that nobody reads for that long can make one be refused.
 * </ul>
 */
final class LineRing {
  static final Duration LINGER = Duration.ofMillis(5);
  static final Duration PATIENCE = Duration.ofMillis(50);
  static final Duration AUDIT_PATIENCE = Duration.ofSeconds(5);

  /** As many lines are written without waiting for more. */
  private static final int ENOUGH = 64;

  private final int capacity;
  private final int enough;
  private final Duration linger;
  private final Duration patience;
  private final Duration auditPatience;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Condition progress = lock.newCondition();
  private final ArrayDeque<LogLine> lines = new ArrayDeque<>(); // guarded by lock
  private long accepted; // guarded by lock
  private long written; // guarded by lock
  private boolean hurry; // guarded by lock: somebody waits for what is there
  private boolean closed; // guarded by lock

  LineRing(int capacity) {
    this(capacity, LINGER, PATIENCE, AUDIT_PATIENCE);
  }

  LineRing(int capacity, Duration linger, Duration patience, Duration auditPatience) {
    this.capacity = capacity;
    this.enough = Math.min(capacity, ENOUGH);
    this.linger = linger;
    this.patience = patience;
    this.auditPatience = auditPatience;
  }

  /** Whether the line was taken; a closed ring takes none. */
  boolean put(LogLine line) {
    int limit = line.level() == Level.AUDIT ? 2 * capacity : capacity;
    lock.lock();
    try {
      if (lines.size() >= limit) {
        awaitRoom(limit, patience(line.level()).toNanos());
      }
      if (closed || lines.size() >= limit) {
        return false;
      }
      lines.add(line);
      accepted++;
      if (line.level().compareTo(Level.WARN) >= 0) {
        hurry = true;
      }
      if (hurry || lines.size() == 1 || lines.size() == enough) {
        arrived.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for lines, lets others join them, and moves up to {@code max}.
   *
   * @return how many; 0 when the ring is closed and empty
   */
  int take(List<LogLine> into, int max) {
    lock.lock();
    try {
      while (lines.isEmpty() && !closed) {
        arrived.awaitUninterruptibly();
      }
      linger();
      hurry = false;
      int count = Math.min(max, lines.size());
      for (int i = 0; i < count; i++) {
        into.add(lines.poll());
      }
      room.signalAll();
      return count;
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return lines.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** The writer is through with {@code count} lines. */
  void done(int count) {
    lock.lock();
    try {
      written += count;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until what was accepted before this call is written; false when time ran out. */
  boolean awaitWritten(Duration limit) throws InterruptedException {
    long nanos = limit.toNanos();
    lock.lock();
    try {
      long target = accepted;
      if (written < target) {
        hurry = true;
        arrived.signal();
      }
      while (written < target) {
        if (nanos <= 0) {
          return false;
        }
        nanos = progress.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more lines; {@link #take} gives out what is left. */
  void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock, as long as nothing asks for more speed. */
  private void linger() {
    long nanos = linger.toNanos();
    try {
      while (nanos > 0 && !hurry && !closed && lines.size() < enough) {
        nanos = arrived.awaitNanos(nanos);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // what is there is written
    }
  }

  private Duration patience(Level level) {
    return switch (level) {
      case DEBUG, INFO -> Duration.ZERO;
      case WARN, ERROR -> patience;
      case AUDIT -> auditPatience;
    };
  }

  /** An interrupt ends the wait and stays set. */
  private void awaitRoom(int limit, long patienceNanos) {
    long nanos = patienceNanos;
    try {
      while (nanos > 0 && !closed && lines.size() >= limit) {
        nanos = room.awaitNanos(nanos);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
