package llm.gpu.schedule;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import llm.core.telemetry.Log;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;

/**
 * The threads that look once more at answers which were held to a grammar. That may take a second
 * of computing: on the engine's thread it would hold up all answers, on the consumers' virtual
 * threads the server. So they are a few platform threads, which begin with the first answer and end
 * when there is none for a while. Thread-safe.
 */
public final class Judges implements AutoCloseable {
  private static final int THREADS = 2;
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);

  private final int capacity;
  private final Log log;
  private final ThreadPoolExecutor threads;

  /** Looks at an answer that is over. */
  @FunctionalInterface
  public interface Judge {
    /**
     * How the answer ends.
     *
     * @param end how it would
     * @param wanted whether anybody waits for this still; where nobody does, any end will do
     */
    StreamEvent.Terminal judge(StreamEvent.Done end, BooleanSupplier wanted);
  }

  /**
   * No threads yet.
   *
   * @param capacity the most answers that wait; 1 or more
   */
  public Judges(int capacity, Log log) {
    this.capacity = capacity;
    this.log = log;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(capacity),
            Thread.ofPlatform().name("llm-judge-", 1).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Waits for the end of the answer of {@code job}, at most until its call is cancelled; what is
   * judged is then dropped. An interrupt cancels the call, and the thread stays interrupted.
   */
  StreamEvent.Terminal judged(Job job, Judge judge, StreamEvent.Done end) {
    var judged = new CompletableFuture<StreamEvent.Terminal>();
    Registration hook = job.call().onCancel(() -> judged.complete(job.cancellation(end.usage())));
    try {
      threads.execute(() -> judge(job, judge, end, judged));
      return judged.get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      job.call().cancel(CancelReason.CLOSED);
      judged.complete(new StreamEvent.Cancelled(CancelReason.CLOSED, end.usage()));
      return judged.join();
    } catch (RejectedExecutionException _) {
      LlmError error =
          threads.isShutdown()
              ? new LlmError.ShuttingDown(CLOSED_RETRY)
              : new LlmError.QueueFull("local answers to be checked", capacity, RETRY);
      return new StreamEvent.Failed(error, end.usage());
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible); // nothing completes it so
    } finally {
      hook.close();
    }
  }

  private void judge(
      Job job, Judge judge, StreamEvent.Done end, CompletableFuture<StreamEvent.Terminal> judged) {
    if (judged.isDone()) {
      return;
    }
    StreamEvent.Terminal last;
    try {
      last = judge.judge(end, () -> !judged.isDone());
    } catch (RuntimeException | Error bug) {
      log.error("answer_not_judged").call(job.call()).cause(bug).emit();
      last = new StreamEvent.Failed(new LlmError.Internal(), end.usage());
    }
    if (!last.equals(end) && !judged.isDone()) {
      log.debug("generation_judged")
          .call(job.call())
          .put("end", last.getClass().getSimpleName())
          .put("reason", reason(last))
          .emit();
    }
    judged.complete(last);
  }

  private static String reason(StreamEvent.Terminal end) {
    return switch (end) {
      case StreamEvent.Done done -> done.finishReason().toString();
      case StreamEvent.Failed failed -> failed.error().message();
      case StreamEvent.Cancelled cancelled -> cancelled.reason().toString();
    };
  }

  /** Takes no more answers; those that wait are judged still, and the threads end. Idempotent. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
