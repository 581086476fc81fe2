package llm.gpu.engine;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongPredicate;
import llm.core.telemetry.Log;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Pooling;
import llm.gpu.memory.Allocations;
import llm.gpu.memory.ModelNeed;
import llm.gpu.schedule.Aside;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.vectors.Embedder;
import llm.gpu.vectors.EmbeddingQueue;
import llm.gpu.vectors.Encoders;

/**
 * All work on one loaded model: generation, where the model generates, and vectors. Their steps
 * take turns; while answers are generated, a step for vectors is one text. The engine's thread owns
 * it.
 */
final class Serving implements AutoCloseable {
  private final LoadedModel loaded;
  private final JobQueue queue;
  private final Optional<Scheduler> scheduler; // empty for an encoder
  private final Embedder embedder;

  /**
   * What all models of an engine are served with.
   *
   * @param guard lets one of them compute at a time
   * @param aside reads their long texts
   * @param randomSeed seeds for requests that name none
   */
  record Common(
      EngineSettings settings,
      DeviceGuard guard,
      Aside aside,
      TimeSource time,
      EngineMetrics metrics,
      Log log,
      IntSupplier randomSeed) {}

  /**
   * For {@code loaded}; requests for answers come from {@code queue}.
   *
   * @param closing whether the engine closes
   */
  Serving(LoadedModel loaded, JobQueue queue, Common common, BooleanSupplier closing) {
    this.loaded = loaded;
    this.queue = queue;
    this.scheduler =
        loaded.generates()
            ? Optional.of(new Scheduler(loaded, queue, common, closing))
            : Optional.empty();
    EngineSettings settings = common.settings();
    int longest = settings.vectors().longestFor(loaded.model().trainedContext());
    var limits = new Embedder.Limits(longest, settings.batchTokens(), settings.threads());
    var host = new EmbedderHost(loaded, common, closing);
    this.embedder =
        new Embedder(loaded.model(), loaded.name(), limits, host, common.time(), common.log());
  }

  private record EmbedderHost(LoadedModel loaded, Common common, BooleanSupplier closing)
      implements Embedder.Host {
    @Override
    public Pooling pooling() throws LlamaException {
      return loaded.pooling(common.settings().vectors());
    }

    @Override
    public <T> T exclusively(Embedder.Work<T> work) throws LlamaException {
      try (Allocations taken = Allocations.record()) {
        T done = common.guard().exclusively(work::run);
        ModelNeed made = taken.sum(0);
        if (made.total() > 0) {
          loaded.takesForVectors(made); // in place of what was made before
        }
        return done;
      }
    }

    @Override
    public Aside aside() {
      return common.aside();
    }

    @Override
    public void waited(long nanos) {
      common.metrics().waited(nanos);
    }

    @Override
    public void embedded(int tokens, long nanos) {
      common.metrics().embedded(tokens, nanos);
    }

    @Override
    public boolean isClosing() {
      return closing.getAsBoolean();
    }
  }

  /** Takes back what was saved when the model was in memory before. */
  void restore() {
    scheduler.ifPresent(Scheduler::restore);
  }

  /** The generating part. */
  Optional<Scheduler> scheduler() {
    return scheduler;
  }

  /** Whether nothing is in work and nothing waits for a consumer. */
  boolean isIdle() {
    return generatesNothing() && embedder.inWork() == 0;
  }

  /**
   * Takes requests as long as there are places and room for them.
   *
   * @param eligible whether a request may be taken that was queued then
   */
  void admit(EmbeddingQueue texts, LongPredicate eligible) {
    if (scheduler.isPresent()) {
      scheduler.get().admit(job -> eligible.test(job.queuedNanos()));
    } else {
      refuseAll();
    }
    embedder.admit(texts, job -> eligible.test(job.queuedNanos()));
  }

  /**
   * Computes a step of each kind.
   *
   * @return false when there was nothing to compute
   * @throws LlamaException when llama.cpp declined: what the model's memory holds is not known
   */
  boolean step() throws LlamaException {
    boolean generated = scheduler.isPresent() && scheduler.get().step();
    boolean embedded = embedder.step(generatesNothing() ? Integer.MAX_VALUE : 1);
    return generated || embedded;
  }

  /** When something has to be done although nobody asks. */
  Optional<Long> nextDeadline() {
    return scheduler.flatMap(Scheduler::nextDeadline);
  }

  /** How it is. Any thread. */
  LoadedStatus status() {
    return scheduler
        .map(Scheduler::status)
        .orElseGet(() -> LoadedStatus.encoder(loaded.name()))
        .with(embedder.inWork())
        .taking(loaded.taken().total(), loaded.draft().described());
  }

  /** Ends every request as {@code error}: llama.cpp declined or a bug was met. */
  void fail(LlmError error) {
    scheduler.ifPresent(generating -> generating.fail(error));
    embedder.fail(error);
  }

  /** Ends what is left as cancelled, and saves what is kept where that is set. */
  @Override
  public void close() {
    scheduler.ifPresent(Scheduler::close);
    embedder.close();
  }

  private boolean generatesNothing() {
    return scheduler.isEmpty() || scheduler.get().isIdle();
  }

  /** A file may have become an encoder's since the request for its answer was let in. */
  private void refuseAll() {
    for (var next = queue.next(_ -> true, _ -> 0);
        next.isPresent();
        next = queue.next(_ -> true, _ -> 0)) {
      Job job = next.get();
      if (queue.take(job)) {
        String model = job.request().model().value();
        job.end(new StreamEvent.Failed(Encoders.refusal(model), Usage.NONE));
      }
    }
  }
}
