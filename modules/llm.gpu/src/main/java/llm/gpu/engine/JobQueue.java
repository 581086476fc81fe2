package llm.gpu.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Requests in the order they came. A job stays in the queue while its model loads, so that it can
 * be cancelled without waiting for that.
 */
final class JobQueue {
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);
  private static final double SMOOTHING = 0.2;
  private static final long MAX_RETRY_SECONDS = 600;

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Job> jobs = new ArrayDeque<>(); // guarded by lock
  private boolean closed; // guarded by lock
  private boolean woken; // guarded by lock
  private double secondsPerJob = 1; // guarded by lock

  JobQueue(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Adds a job at the end.
   *
   * @throws LlmException when the queue is full or closed
   */
  void add(Job job) throws LlmException {
    lock.lock();
    try {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(CLOSED_RETRY));
      }
      if (jobs.size() >= capacity) {
        throw new LlmException(new LlmError.QueueFull("local", capacity, retryAfter()));
      }
      jobs.add(job);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a job and returns the first without taking it; empty when {@link #wake} was called
   * and there is none, or the queue was closed.
   */
  Optional<Job> awaitFirst() {
    lock.lock();
    try {
      while (jobs.isEmpty() && !closed && !woken) {
        changed.awaitUninterruptibly();
      }
      woken = false;
      return Optional.ofNullable(jobs.peek());
    } finally {
      lock.unlock();
    }
  }

  /** Lets {@link #awaitFirst} return once even without a job. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Takes {@code job} out; false when someone else did. */
  boolean take(Job job) {
    lock.lock();
    try {
      return jobs.remove(job);
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  int size() {
    lock.lock();
    try {
      return jobs.size();
    } finally {
      lock.unlock();
    }
  }

  /** Learns how long a job took, to estimate waits. */
  void served(long nanos) {
    lock.lock();
    try {
      secondsPerJob += SMOOTHING * (nanos / 1e9 - secondsPerJob);
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more jobs and gives back those that wait. */
  List<Job> close() {
    lock.lock();
    try {
      closed = true;
      List<Job> left = List.copyOf(jobs);
      jobs.clear();
      changed.signal();
      return left;
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** When about half of those that wait will have had their turn. */
  private Duration retryAfter() {
    double seconds = Math.ceil(secondsPerJob * (jobs.size() + 1) / 2);
    return Duration.ofSeconds(Math.clamp((long) seconds, 1, MAX_RETRY_SECONDS));
  }
}
