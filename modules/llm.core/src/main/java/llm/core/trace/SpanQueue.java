package llm.core.trace;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bounded queue between those whose spans end and the one thread that sends them. When it is
 * full, in number or in bytes, a span is refused at once. Thread-safe.
 */
final class SpanQueue {
  private final int mostSpans;
  private final int mostBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> spans = new ArrayDeque<>(); // guarded by lock
  private final int enough;
  private int bytes; // guarded by lock
  private long refused; // guarded by lock
  private boolean closed; // guarded by lock

  /**
   * An empty queue.
   *
   * @param enough as many spans are worth a batch before its time
   */
  SpanQueue(int mostSpans, int mostBytes, int enough) {
    this.mostSpans = mostSpans;
    this.mostBytes = mostBytes;
    this.enough = Math.min(enough, mostSpans);
  }

  /** Whether the span was taken. */
  boolean offer(byte[] span) {
    lock.lock();
    try {
      if (closed || spans.size() >= mostSpans || bytes + span.length > mostBytes) {
        refused++;
        return false;
      }
      spans.add(span);
      bytes += span.length;
      if (spans.size() == 1 || spans.size() == enough) {
        changed.signalAll();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a batch: until there is enough for one, or {@code patience} has passed since there
   * was a first span.
   *
   * @return at most {@code most} spans of {@code batchBytes} in all, but one at least; empty when
   *     the queue was closed and there are no more
   */
  List<byte[]> take(int most, int batchBytes, Duration patience) throws InterruptedException {
    lock.lock();
    try {
      while (spans.isEmpty() && !closed) {
        changed.await();
      }
      long nanos = patience.toNanos();
      while (nanos > 0 && spans.size() < enough && !closed) {
        nanos = changed.awaitNanos(nanos);
      }
      var batch = new ArrayList<byte[]>(Math.min(most, spans.size()));
      int size = 0;
      while (!spans.isEmpty() && batch.size() < most) {
        int next = spans.peek().length;
        if (!batch.isEmpty() && size + next > batchBytes) {
          break;
        }
        batch.add(spans.poll());
        size += next;
      }
      bytes -= size;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** Waits so long, or until the queue is closed; returns whether it is. */
  boolean pause(Duration time) throws InterruptedException {
    long nanos = time.toNanos();
    lock.lock();
    try {
      while (nanos > 0 && !closed) {
        nanos = changed.awaitNanos(nanos);
      }
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** How many spans were not taken so far. */
  long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return spans.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more spans; {@link #take} gives out what is left. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
