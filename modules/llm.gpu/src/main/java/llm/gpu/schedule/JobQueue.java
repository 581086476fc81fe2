package llm.gpu.schedule;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import llm.domain.call.Principal;
import llm.domain.chat.Priority;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Requests that wait for one model. Interactive ones go first; within a class it is the turn of
 * whoever has the fewest in work, and for each of them in the order they came. A job stays in the
 * queue while its model loads, so that it can be cancelled without waiting for that. Thread-safe.
 */
public final class JobQueue {
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);
  private static final double SMOOTHING = 0.2;
  private static final long MAX_RETRY_SECONDS = 600;

  private final int capacity;
  private final int together;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Job> jobs = new ArrayList<>(); // in the order they came; guarded by lock
  private volatile int size; // of jobs; written with the lock held
  private boolean closed; // guarded by lock
  private double secondsPerJob = 1; // guarded by lock

  /**
   * An empty queue.
   *
   * @param together how many jobs are worked on at once, to estimate waits
   */
  public JobQueue(int capacity, int together) {
    this.capacity = capacity;
    this.together = together;
  }

  /**
   * Adds a job at the end.
   *
   * @throws LlmException when the queue is full or closed
   */
  public void add(Job job) throws LlmException {
    lock.lock();
    try {
      if (closed) {
        throw new LlmException(new LlmError.ShuttingDown(CLOSED_RETRY));
      }
      if (jobs.size() >= capacity) {
        throw new LlmException(new LlmError.QueueFull("local", capacity, retryAfter()));
      }
      jobs.add(job);
      size = jobs.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The job whose turn it is, without taking it.
   *
   * @param eligible which may be
   * @param inWork how many jobs of a principal are in work
   */
  public Optional<Job> next(Predicate<Job> eligible, ToIntFunction<Principal> inWork) {
    lock.lock();
    try {
      Job best = null;
      for (Job job : jobs) {
        if (eligible.test(job) && (best == null || isBefore(job, best, inWork))) {
          best = job;
        }
      }
      return Optional.ofNullable(best);
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@code later}, which came later, has its turn before {@code earlier}. */
  private static boolean isBefore(Job later, Job earlier, ToIntFunction<Principal> inWork) {
    if (later.priority() != earlier.priority()) {
      return later.priority() == Priority.INTERACTIVE;
    }
    return inWork.applyAsInt(later.call().principal())
        < inWork.applyAsInt(earlier.call().principal());
  }

  /** Takes {@code job} out; false when someone else did. */
  public boolean take(Job job) {
    lock.lock();
    try {
      boolean taken = jobs.remove(job);
      size = jobs.size();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** How many wait; takes no lock. */
  public int size() {
    return size;
  }

  /** Learns how long a job took, to estimate waits. */
  public void served(long nanos) {
    lock.lock();
    try {
      secondsPerJob += SMOOTHING * (nanos / 1e9 - secondsPerJob);
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more jobs and gives back those that wait. */
  public List<Job> close() {
    lock.lock();
    try {
      closed = true;
      List<Job> left = List.copyOf(jobs);
      jobs.clear();
      size = 0;
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Closes the queue when nobody waits in it; whether it did. */
  public boolean closeIfEmpty() {
    lock.lock();
    try {
      closed |= jobs.isEmpty();
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** When about half of those that wait will have had their turn. */
  private Duration retryAfter() {
    double seconds = Math.ceil(secondsPerJob * (jobs.size() + 1) / (2.0 * together));
    return Duration.ofSeconds(Math.clamp((long) seconds, 1, MAX_RETRY_SECONDS));
  }
}
