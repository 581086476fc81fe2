package llm.gpu.engine;

import java.util.Optional;
import java.util.function.LongPredicate;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.vectors.EmbeddingJob;
import llm.gpu.vectors.EmbeddingQueue;

/**
 * Requests of both kinds that wait for one model. Thread-safe.
 *
 * @param queue those for text
 * @param texts those for vectors
 */
record Waiting(JobQueue queue, EmbeddingQueue texts) {
  /** Nobody. */
  static Waiting none(EngineSettings settings) {
    int capacity = settings.queueCapacity();
    return new Waiting(
        new JobQueue(capacity, settings.slots().interactive()), new EmbeddingQueue(capacity));
  }

  /** How many there are. */
  int count() {
    return queue.size() + texts.size();
  }

  /** Whether there is one that was queued at an eligible time. */
  boolean has(LongPredicate eligible) {
    return queue.next(job -> eligible.test(job.queuedNanos()), _ -> 0).isPresent()
        || texts.has(job -> eligible.test(job.queuedNanos()));
  }

  /** Ends a job that was cancelled, if it waits still. */
  void cancelled(Job job) {
    if (queue.take(job)) {
      job.end(job.cancellation(Usage.NONE));
    }
  }

  /** Tells the one of each kind whose turn it is that its model cannot serve. */
  void failNext(String reason) {
    texts
        .poll(_ -> true)
        .ifPresent(job -> job.fail(unavailable(job.request().model().value(), reason)));
    Optional<Job> first = queue.next(_ -> true, _ -> 0);
    if (first.isPresent() && queue.take(first.get())) {
      Job job = first.get();
      var error = unavailable(job.request().model().value(), reason);
      job.end(new StreamEvent.Failed(error, Usage.NONE));
    }
  }

  /** Lets no more come and ends those that are there by their cancellation. */
  void close() {
    queue.close().forEach(job -> job.end(job.cancellation(Usage.NONE)));
    texts.close().forEach(EmbeddingJob::cancel);
  }

  private static LlmError unavailable(String model, String reason) {
    return new LlmError.ModelUnavailable(model, reason);
  }
}
