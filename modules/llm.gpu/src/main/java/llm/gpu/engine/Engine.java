package llm.gpu.engine;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.EventRing;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.llama.LlamaException;

/**
 * The engine: one platform thread that owns the library's objects and makes every native call,
 * because such a call holds the thread that makes it. Requests wait in a bounded queue, in order.
 *
 * <ul>
 *   <li>Full queue: refused with {@code QueueFull}. Cancelled while waiting: ended at once.
 *   <li>Cancelled while running: ended within one token, or within the batch of a long prompt.
 *   <li>A consumer that does not read: the generation waits, at most {@link
 *       EngineSettings#stallLimit()}, then fails.
 *   <li>A failure ends its own request and nothing else.
 * </ul>
 *
 * Thread-safe.
 */
public final class Engine implements AutoCloseable {
  private final EngineSettings settings;
  private final Alarms alarms;
  private final TimeSource time;
  private final IntSupplier randomSeed;
  private final Log log;
  private final EngineMetrics metrics;
  private final JobQueue queue;
  private final Resident resident;
  private final AtomicReference<Path> wanted = new AtomicReference<>(); // to load when idle
  private final Thread owner;
  private volatile boolean busy;
  private volatile boolean closing;
  private volatile String failure; // of library or model, until one is loaded

  /**
   * An idle engine; nothing native happens before the first request or {@link #warm}.
   *
   * @param librarySource loads the library on the engine's thread
   * @param randomSeed seeds for requests that name none
   */
  public Engine(
      EngineSettings settings,
      LibrarySource librarySource,
      Telemetry telemetry,
      Alarms alarms,
      IntSupplier randomSeed) {
    this.settings = settings;
    this.alarms = alarms;
    this.time = alarms.time();
    this.randomSeed = randomSeed;
    this.log = telemetry.log("llm.gpu.engine");
    this.queue = new JobQueue(settings.queueCapacity());
    this.metrics = new EngineMetrics(telemetry.metrics(), queue::size);
    this.resident = new Resident(librarySource, settings, metrics, log, time, () -> closing);
    this.owner = Thread.ofPlatform().name("llm-engine").daemon().start(this::run);
  }

  /**
   * Queues a request.
   *
   * @param model the model's file
   * @throws LlmException when the queue is full or the engine closed
   */
  public EventStream<StreamEvent> submit(ChatRequest request, Path model, Call call)
      throws LlmException {
    var ring =
        new EventRing(settings.ringEvents(), call, alarms, () -> LockSupport.unpark(owner()));
    var job = new Job(request, model, call, ring, time.nanoTime());
    job.onCancel(() -> cancelled(job));
    try {
      queue.add(job);
    } catch (LlmException refused) {
      job.end(new StreamEvent.Failed(refused.error(), Usage.NONE)); // its hooks go with it
      throw refused;
    }
    if (job.cancelled()) {
      cancelled(job); // before it was queued
    }
    return ring;
  }

  /** Loads {@code model} when there is nothing else to do; a failure is logged only. */
  public void warm(Path model) {
    wanted.set(model);
    queue.wake();
  }

  /** How it is. Does not block. */
  public EngineStatus status() {
    return new EngineStatus(
        resident.library(),
        resident.loadedName(),
        Optional.ofNullable(failure),
        queue.size(),
        busy);
  }

  /**
   * Ends every request as cancelled by shutdown, frees native memory and waits for the thread, at
   * most {@link EngineSettings#closeLimit()}. Idempotent.
   */
  @Override
  public void close() {
    closing = true;
    queue.close().forEach(job -> job.end(job.cancellation(Usage.NONE)));
    LockSupport.unpark(owner);
    try {
      if (!owner.join(settings.closeLimit())) {
        log.error("engine_close_timeout").put("ms", settings.closeLimit().toMillis()).emit();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Thread owner() {
    return owner;
  }

  /** A cancelled job that still waits ends here; one that runs sees it by itself. */
  private void cancelled(Job job) {
    if (queue.take(job)) {
      job.end(job.cancellation(Usage.NONE));
    } else {
      LockSupport.unpark(owner);
    }
  }

  private void run() {
    try (resident) {
      while (!closing) {
        queue.awaitFirst().ifPresentOrElse(this::serve, this::loadWanted);
      }
    } catch (RuntimeException | Error bug) {
      failure = "The engine has stopped after a fault; the server's log has the cause. Restart it.";
      log.error("engine_failed").cause(bug).emit();
    } finally {
      closing = true;
      queue.close().forEach(job -> job.end(job.cancellation(Usage.NONE)));
    }
  }

  private void loadWanted() {
    Path model = wanted.getAndSet(null);
    if (model != null && !closing) {
      load(model);
    }
  }

  /** Loads the job's model while the job still waits, then runs it. */
  private void serve(Job job) {
    wanted.set(null);
    Optional<LoadedModel> loaded = load(job.model());
    if (!queue.take(job)) {
      return; // cancelled meanwhile, and ended by whoever took it
    }
    long start = time.nanoTime();
    metrics.waited(start - job.queuedNanos());
    if (job.cancelled()) {
      job.end(job.cancellation(Usage.NONE)); // this thread was quicker than the one that cancelled
      return;
    }
    if (loaded.isEmpty()) {
      String model = job.request().model().value();
      var error = new LlmError.ModelUnavailable(model, failure);
      job.end(closing ? job.cancellation(Usage.NONE) : new StreamEvent.Failed(error, Usage.NONE));
      return;
    }
    busy = true;
    StreamEvent.Terminal terminal = new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
    try {
      terminal = generate(job, loaded.get());
    } finally {
      job.end(terminal); // whatever happened: someone waits for it
      busy = false;
      queue.served(time.nanoTime() - start);
    }
    report(job, terminal, start);
  }

  private Optional<LoadedModel> load(Path model) {
    try {
      LoadedModel loaded = resident.ensure(model);
      failure = null;
      return Optional.of(loaded);
    } catch (LlamaException unusable) {
      failure = unusable.getMessage();
      return Optional.empty();
    } catch (RuntimeException | Error bug) {
      log.error("model_load_failed").put("file", model.toString()).cause(bug).emit();
      failure = "The model could not be loaded; the server's log has the cause.";
      return Optional.empty();
    }
  }

  /** A bug fails its own request; the model is loaded anew, for its state is not known. */
  private StreamEvent.Terminal generate(Job job, LoadedModel loaded) {
    try {
      return new Generation(job, loaded, settings, metrics, time, () -> closing, randomSeed).run();
    } catch (RuntimeException | Error bug) {
      log.error("generation_failed").call(job.call()).cause(bug).emit();
      resident.unload();
      return new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
    }
  }

  private void report(Job job, StreamEvent.Terminal terminal, long start) {
    if (log.enabled(Level.DEBUG)) {
      double seconds = (time.nanoTime() - start) / 1e9;
      Usage usage = terminal.usage();
      log.debug("generation_end")
          .call(job.call())
          .put("end", terminal.getClass().getSimpleName())
          .put("prompt_tokens", usage.promptTokens())
          .put("completion_tokens", usage.completionTokens())
          .put("ms", seconds * 1000)
          .put("tokens_per_second", usage.completionTokens() / Math.max(seconds, 1e-9))
          .emit();
    }
  }
}
