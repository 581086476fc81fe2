package llm.core.concurrent;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;

/**
 * What one producer says, for any number of readers: each reads all of it from the beginning,
 * whenever it came, at its own pace.
 *
 * <p>Lifecycle:
 *
 * <ol>
 *   <li>{@link #join} gives a reader; the one for whom it is made joins before the producer begins.
 *   <li>The producer says events by {@link #put}, and one last by {@link #end}; both from one
 *       thread at a time.
 *   <li>A reader leaves by reading the last event, by its own call's end or by closing. The last
 *       one to leave before the end, and nobody coming within the grace, is told to the producer;
 *       {@link #put} then takes nothing more.
 * </ol>
 *
 * <p>What is held is bounded. While all of it is held, anybody may join. Once it would be more than
 * the limit nobody may, and only what a reader has not read yet is held: the producer waits as long
 * as every reader has something to read, so that the fastest one sets the pace; when one has read
 * all and waits, the reader that is furthest behind is cut off. Without readers there is nobody to
 * wait for: it is over.
 *
 * <p>Thread-safe. Readers take no lock, but where the limit is reached.
 *
 * @param <E> what is said
 */
public final class Broadcast<E> {

  /**
   * How a reader's stream ends that does not come to the producer's end.
   *
   * @param <E> what is said
   */
  public interface Ends<E> {
    /** The last event of a reader whose call was cancelled, or that was closed. */
    E cancelled(CancelReason reason);

    /** The last event of a reader that was cut off because it read too slowly. */
    E tooSlow();
  }

  /** One event, and what came before it. */
  private static final class Node<E> {
    private final E event;
    private final boolean isLast;
    private final long through; // weight of all up to this one, with it
    private volatile Node<E> next;

    private Node(E event, boolean isLast, long through) {
      this.event = event;
      this.isLast = isLast;
      this.through = through;
    }
  }

  private long limit; // guarded by lock
  private final ToLongFunction<E> weight;
  private final Duration grace;
  private final Alarms alarms;
  private final Consumer<CancelReason> onAbandoned;
  private final AtomicReference<Reader> waiting = new AtomicReference<>(); // a stack

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition(); // of readers, while the producer waits
  private final Set<Reader> readers = new HashSet<>(); // guarded by lock
  private Node<E> origin = new Node<>(null, false, 0); // guarded by lock; null: nobody may join
  private Node<E> tail = origin; // guarded by lock
  private boolean isOver; // guarded by lock
  private Registration graceAlarm = () -> {}; // guarded by lock
  private volatile boolean producerWaits; // written under lock

  /**
   * Nothing said yet, nobody reading.
   *
   * @param limit what may be held at once, in units of {@code weight}; positive. One event may be
   *     heavier: it is taken when nothing else is held
   * @param weight of one event, 0 or more
   * @param grace how long the producer goes on without any reader; zero or more
   * @param onAbandoned is told once, outside the lock, that nobody reads any more, and why the last
   *     one left; must not block
   */
  public Broadcast(
      long limit,
      ToLongFunction<E> weight,
      Duration grace,
      Alarms alarms,
      Consumer<CancelReason> onAbandoned) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit " + limit + " must be 1 or more");
    }
    this.limit = limit;
    this.weight = weight;
    this.grace = grace;
    this.alarms = alarms;
    this.onAbandoned = onAbandoned;
  }

  /**
   * A reader that begins at the first event; empty when that is not held any more, or nobody was
   * there for too long. After the end too.
   *
   * @param call whose end is the reader's alone
   */
  public Optional<EventStream<E>> join(Call call, Ends<E> ends) {
    Reader reader;
    lock.lock();
    try {
      if (origin == null) {
        return Optional.empty();
      }
      graceAlarm.close();
      reader = new Reader(call, ends, origin);
      readers.add(reader);
    } finally {
      lock.unlock();
    }
    reader.watch();
    return Optional.of(reader);
  }

  /**
   * Says an event. Blocks while the limit is reached and every reader has something to read.
   *
   * @return false when it was not taken, because it is over
   */
  public boolean put(E event) {
    return put(event, false);
  }

  /**
   * Says an event, as {@link #put(Object)} does.
   *
   * @param moreIsThere the next event is there already and is said at once: readers who wait are
   *     let wait for it too, which costs them one wake for all
   * @return false when it was not taken, because it is over
   */
  public boolean put(E event, boolean moreIsThere) {
    long heavy = weight.applyAsLong(event);
    Optional<CancelReason> left;
    boolean isTaken;
    lock.lock();
    try {
      left = isOver ? Optional.empty() : makeRoom(heavy);
      isTaken = !isOver;
      if (isTaken) {
        append(event, false, heavy);
      }
    } finally {
      lock.unlock();
    }
    left.ifPresent(onAbandoned);
    if (!moreIsThere || !isTaken) {
      wake();
    }
    return isTaken;
  }

  /**
   * Says the last event, whatever it weighs.
   *
   * @return false when it is over already
   */
  public boolean end(E event) {
    lock.lock();
    try {
      if (isOver) {
        return false;
      }
      isOver = true;
      graceAlarm.close();
      append(event, true, 0);
    } finally {
      lock.unlock();
    }
    wake();
    return true;
  }

  /**
   * Holds less from now on, as if the limit had been reached: nobody may join any more, and of what
   * readers have not read no more than {@code less} is held when the next event is said.
   *
   * @param less a limit; one above the present one leaves that
   */
  public void narrow(long less) {
    lock.lock();
    try {
      origin = null;
      limit = Math.min(limit, less);
    } finally {
      lock.unlock();
    }
  }

  /** Readers that are there now. */
  public int readers() {
    lock.lock();
    try {
      return readers.size();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private void append(E event, boolean isLast, long heavy) {
    var node = new Node<>(event, isLast, tail.through + heavy);
    tail.next = node;
    tail = node;
  }

  /** Under the lock; why it is over, if it became so meanwhile by this. */
  private Optional<CancelReason> makeRoom(long heavy) {
    if (origin != null && tail.through + heavy <= limit) {
      return Optional.empty();
    }
    origin = null;
    producerWaits = true;
    try {
      while (!isOver && held() > 0 && held() + heavy > limit) {
        boolean somebodyWaits = readers.stream().anyMatch(Reader::isIdle);
        Reader slowest = slowest(); // looked for behind that: it may be the same one by now
        if (somebodyWaits && slowest.at.next != null) {
          slowest.cutOff();
        } else if (!somebodyWaits) {
          wake(); // who was let wait for more
          progress.await();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return abandon(CancelReason.CLOSED);
    } finally {
      producerWaits = false;
    }
    return isOver || !readers.isEmpty() ? Optional.empty() : abandon(CancelReason.CLOSED);
  }

  /** Under the lock: what the reader that is furthest behind has not read. */
  private long held() {
    return readers.isEmpty() ? 0 : tail.through - slowest().at.through;
  }

  private Reader slowest() {
    Reader found = null;
    for (Reader reader : readers) {
      found = found == null || reader.at.through < found.at.through ? reader : found;
    }
    return found;
  }

  /** Under the lock; the reason, if it was not over. */
  private Optional<CancelReason> abandon(CancelReason reason) {
    if (isOver) {
      return Optional.empty();
    }
    isOver = true;
    origin = null;
    progress.signalAll();
    return Optional.of(reason);
  }

  private void leave(Reader reader, CancelReason reason) {
    Optional<CancelReason> left = Optional.empty();
    lock.lock();
    try {
      if (!readers.remove(reader)) {
        return;
      }
      progress.signalAll();
      if (readers.isEmpty() && !isOver) {
        boolean atOnce = grace.isZero() || origin == null;
        left = atOnce ? abandon(reason) : Optional.empty();
        if (!atOnce) {
          graceAlarm = alarms.at(alarms.time().nanoTime() + grace.toNanos(), () -> expire(reason));
        }
      }
    } finally {
      lock.unlock();
    }
    left.ifPresent(onAbandoned);
  }

  private void expire(CancelReason reason) {
    Optional<CancelReason> left;
    lock.lock();
    try {
      left = readers.isEmpty() ? abandon(reason) : Optional.empty();
    } finally {
      lock.unlock();
    }
    left.ifPresent(onAbandoned);
  }

  /** Lets everybody look who waits. */
  private void wake() {
    Reader reader = waiting.getAndSet(null);
    while (reader != null) {
      Reader behind = reader.below;
      reader.below = null;
      reader.isWaiting = false;
      LockSupport.unpark(reader.thread);
      reader = behind;
    }
  }

  /** One reader's place. */
  private final class Reader implements EventStream<E> {
    private final Call call;
    private final Ends<E> ends;
    private volatile Node<E> at; // read last; written by the reader
    private volatile Thread thread; // that waits, or did
    private volatile boolean isWaiting; // in the stack
    private Reader below; // in the stack
    private volatile boolean isClosed;
    private volatile boolean isTooSlow;
    private boolean isDone; // the last event was given
    private volatile Registration watch = () -> {};

    private Reader(Call call, Ends<E> ends, Node<E> at) {
      this.call = call;
      this.ends = ends;
      this.at = at;
    }

    private void watch() {
      watch = call.onCancel(this::look);
    }

    @Override
    public E next() {
      if (isDone) {
        throw new IllegalStateException("the last event was already returned");
      }
      while (true) {
        if (isCut()) {
          return cut();
        }
        Node<E> next = at.next;
        if (next != null) {
          return take(next);
        }
        await();
      }
    }

    private E take(Node<E> next) {
      at = next;
      if (isTooSlow) {
        at = new Node<>(null, false, 0); // cut off meanwhile: nothing is held for it
      }
      if (next.isLast) {
        isDone = true;
        watch.close();
        leave(this, CancelReason.CLOSED);
      } else if (producerWaits) {
        tellProducer();
      }
      return next.event;
    }

    private void await() {
      thread = Thread.currentThread();
      if (!isWaiting) {
        isWaiting = true;
        waiting.accumulateAndGet(this, this::over);
      }
      if (producerWaits) {
        tellProducer(); // all was read: somebody slower may have to go
      }
      if (at.next == null && !isCut()) {
        LockSupport.park(Broadcast.this);
      }
      if (Thread.interrupted()) {
        isClosed = true;
        Thread.currentThread().interrupt();
      }
    }

    private Reader over(Reader top, Reader self) {
      self.below = top;
      return self;
    }

    private void tellProducer() {
      lock.lock();
      try {
        progress.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** It has read all and waits for more. */
    private boolean isIdle() {
      return isWaiting && at.next == null && !isCut();
    }

    private boolean isCut() {
      return isTooSlow || isClosed || call.cancelled().isPresent();
    }

    private E cut() {
      isDone = true;
      watch.close();
      CancelReason reason = call.cancelled().orElse(CancelReason.CLOSED);
      leave(this, reason);
      return isTooSlow && !isClosed && call.cancelled().isEmpty()
          ? ends.tooSlow()
          : ends.cancelled(reason);
    }

    /** Under the broadcast's lock. */
    private void cutOff() {
      isTooSlow = true;
      at = new Node<>(null, false, 0);
      readers.remove(this);
      look();
    }

    private void look() {
      LockSupport.unpark(thread); // null: nobody waits
    }

    @Override
    public boolean hasReady() {
      return at.next != null || isCut();
    }

    @Override
    public void close() {
      isClosed = true;
      watch.close();
      leave(this, call.cancelled().orElse(CancelReason.CLOSED));
      look();
    }
  }
}
