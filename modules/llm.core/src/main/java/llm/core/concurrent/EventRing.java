package llm.core.concurrent;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * A bounded ring between one producer that must not wait (an engine's owner thread) and one
 * consumer that may. A full ring refuses a delta, and the producer skips that slot; the terminal
 * event always has a place.
 *
 * <p>Closing the stream before its producer has ended it cancels the call with {@link
 * CancelReason#CLOSED} and drops the deltas that wait; the producer then ends it. A producer that
 * has died is noticed: {@link #GRACE} after the call was cancelled, which its deadline does at the
 * latest, the ring ends itself as failed.
 */
public final class EventRing implements EventStream<StreamEvent> {
  /** How long after a cancellation the producer may take to say its end. */
  public static final Duration GRACE = Duration.ofSeconds(30);

  private final Call call;
  private final Alarms alarms;
  private final Runnable onRoom;
  private final Registration watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final StreamEvent[] ring; // guarded by lock
  private int head; // guarded by lock
  private int size; // guarded by lock
  private StreamEvent.Terminal terminal; // guarded by lock
  private boolean consumed; // guarded by lock
  private boolean closed; // guarded by lock
  private Registration overdue = () -> {}; // guarded by lock

  /**
   * An empty ring.
   *
   * @param capacity deltas it holds, 1 or more
   */
  public EventRing(int capacity, Call call, Alarms alarms) {
    this(capacity, call, alarms, () -> {});
  }

  /**
   * An empty ring that tells its producer when it is no longer full.
   *
   * @param capacity deltas it holds, 1 or more
   * @param onRoom runs on the consumer's thread, outside the ring's lock; must not block or throw
   */
  public EventRing(int capacity, Call call, Alarms alarms, Runnable onRoom) {
    if (capacity < 1) {
      throw new IllegalArgumentException("ring capacity " + capacity + " must be 1 or more");
    }
    this.ring = new StreamEvent[capacity];
    this.call = call;
    this.alarms = alarms;
    this.onRoom = onRoom;
    this.watch = call.onCancel(this::watchProducer);
  }

  /** Whether {@link #offer} would take a delta now; only the producer may rely on it. */
  public boolean hasRoom() {
    lock.lock();
    try {
      return size < ring.length && terminal == null && !closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds a delta without waiting.
   *
   * @return false when the ring is full, closed or ended: nothing was added
   */
  public boolean offer(StreamEvent event) {
    if (event instanceof StreamEvent.Terminal) {
      throw new IllegalArgumentException("a terminal event goes to end()");
    }
    lock.lock();
    try {
      if (size == ring.length || terminal != null || closed) {
        return false;
      }
      ring[(head + size++) % ring.length] = event;
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the stream; the consumer still gets what came before.
   *
   * @return false when it had ended already: the first end stays
   */
  public boolean end(StreamEvent.Terminal event) {
    Registration timer;
    lock.lock();
    try {
      if (terminal != null) {
        return false;
      }
      terminal = event;
      timer = overdue;
      changed.signal();
    } finally {
      lock.unlock();
    }
    timer.close();
    watch.close();
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * <p>An interrupt ends the wait: the call is cancelled, the stream ends as cancelled and the
   * thread stays interrupted.
   */
  @Override
  public StreamEvent next() {
    try {
      return take();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      call.cancel(CancelReason.CLOSED);
      end(new StreamEvent.Cancelled(CancelReason.CLOSED, Usage.NONE));
      return next(); // there is an end now: nothing waits any more
    }
  }

  private StreamEvent take() throws InterruptedException {
    StreamEvent event;
    boolean wasFull;
    lock.lock();
    try {
      if (consumed) {
        throw new IllegalStateException("the terminal event was already returned");
      }
      while (size == 0 && terminal == null) {
        changed.await();
      }
      if (size == 0) {
        consumed = true;
        return terminal;
      }
      wasFull = size == ring.length;
      event = ring[head];
      ring[head] = null;
      head = (head + 1) % ring.length;
      size--;
    } finally {
      lock.unlock();
    }
    if (wasFull) {
      onRoom.run();
    }
    return event;
  }

  @Override
  public boolean hasReady() {
    lock.lock();
    try {
      return size > 0 || terminal != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      size = 0;
      Arrays.fill(ring, null);
      if (terminal != null) {
        return;
      }
    } finally {
      lock.unlock();
    }
    call.cancel(CancelReason.CLOSED);
  }

  /** Runs when the call is cancelled: from now on the producer's time counts. */
  private void watchProducer() {
    var timer =
        alarms.at(
            alarms.time().nanoTime() + GRACE.toNanos(),
            () -> end(new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE)));
    lock.lock();
    try {
      if (terminal == null) {
        overdue = timer;
        return;
      }
    } finally {
      lock.unlock();
    }
    timer.close(); // it ended meanwhile
  }
}
