package llm.gpu.vectors;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Requests for vectors that wait for one model, in the order they came. Thread-safe. */
public final class EmbeddingQueue {
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);

  private final int capacity;
  private final ArrayDeque<EmbeddingJob> jobs = new ArrayDeque<>(); // guarded by this
  private boolean closed; // guarded by this

  /** An empty queue for {@code capacity} jobs. */
  public EmbeddingQueue(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Adds a job at the end.
   *
   * @throws LlmException when the queue is full of jobs that somebody waits for, or closed
   */
  public synchronized void add(EmbeddingJob job) throws LlmException {
    if (closed) {
      throw new LlmException(new LlmError.ShuttingDown(CLOSED_RETRY));
    }
    if (jobs.size() >= capacity) {
      jobs.removeIf(EmbeddingJob::isOver);
    }
    if (jobs.size() >= capacity) {
      throw new LlmException(new LlmError.QueueFull("local embeddings", capacity, RETRY));
    }
    jobs.add(job);
  }

  /** Takes the first job, when it is eligible and not over. */
  public synchronized Optional<EmbeddingJob> poll(Predicate<EmbeddingJob> eligible) {
    jobs.removeIf(EmbeddingJob::isOver);
    return jobs.isEmpty() || !eligible.test(jobs.element())
        ? Optional.empty()
        : Optional.of(jobs.remove());
  }

  /** Whether {@link #poll} would give a job. */
  public synchronized boolean has(Predicate<EmbeddingJob> eligible) {
    jobs.removeIf(EmbeddingJob::isOver);
    return !jobs.isEmpty() && eligible.test(jobs.element());
  }

  /** How many wait. */
  public synchronized int size() {
    jobs.removeIf(EmbeddingJob::isOver);
    return jobs.size();
  }

  /** Takes no more jobs and gives back those that wait. */
  public synchronized List<EmbeddingJob> close() {
    closed = true;
    List<EmbeddingJob> left = List.copyOf(jobs);
    jobs.clear();
    return left;
  }
}
