package llm.gpu.schedule;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.telemetry.Log;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * The thread beside the engine's that reads texts which take longer than a step should, so that
 * answers do not pause for them. One platform thread, for the calls are native and it competes with
 * those that compute; it begins with the first text. Texts of several parts take turns, a part
 * each, so that a large one holds up no other for long. Thread-safe.
 */
public final class Aside {
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);

  private final int capacity;
  private final Log log;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Text> waiting = new ArrayDeque<>(); // guarded by lock
  private boolean busy; // one is being read; guarded by lock
  private boolean closed; // guarded by lock
  private Thread thread; // null until there is something to read; guarded by lock

  /** What is read. */
  public interface Text {
    /** Whether anybody waits for it still; where nobody does it is dropped. Cheap; any thread. */
    boolean isWanted();

    /**
     * Reads a part, on the thread aside.
     *
     * @return whether there is more to read
     */
    boolean readPart();
  }

  /**
   * Nothing to read, and no thread yet.
   *
   * @param capacity the most texts at once, the one that is being read included; 1 or more
   */
  public Aside(int capacity, Log log) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity + " must be 1 or more");
    }
    this.capacity = capacity;
    this.log = log;
  }

  /**
   * Lets {@code text} be read after those that came before.
   *
   * @throws LlmException when as many texts wait as may, or the thread has ended
   */
  public void add(Text text) throws LlmException {
    lock.lock();
    try {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(CLOSED_RETRY));
      }
      waiting.removeIf(one -> !one.isWanted());
      if (waiting.size() + (busy ? 1 : 0) >= capacity) {
        throw new LlmException(new LlmError.QueueFull("local texts", capacity, RETRY));
      }
      waiting.add(text);
      if (thread == null) {
        thread = Thread.ofPlatform().name("llm-texts").daemon().start(this::run);
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits, lets nothing more come and ends the thread after its part. Idempotent. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end of a closed one's thread, at most {@code limit}; whether it has ended. */
  public boolean join(Duration limit) throws InterruptedException {
    Thread running;
    lock.lock();
    try {
      running = thread;
    } finally {
      lock.unlock();
    }
    return running == null || running.join(limit);
  }

  private void run() {
    Optional<Text> next = take();
    while (next.isPresent()) {
      Text text = next.get();
      done(text, text.isWanted() && readPart(text));
      next = take();
    }
  }

  /** The next text, which is waited for; empty when it is closed. */
  private Optional<Text> take() {
    lock.lock();
    try {
      while (!closed && waiting.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      busy = !closed;
      return closed ? Optional.empty() : Optional.of(waiting.remove());
    } finally {
      lock.unlock();
    }
  }

  private boolean readPart(Text text) {
    try {
      return text.readPart();
    } catch (RuntimeException | Error bug) {
      log.error("text_not_read").cause(bug).emit(); // whoever waits for it was to be told by it
      return false;
    }
  }

  private void done(Text text, boolean more) {
    lock.lock();
    try {
      busy = false;
      if (more && !closed) {
        waiting.add(text); // in the place it had
      }
    } finally {
      lock.unlock();
    }
  }
}
