package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.EventRing;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.grammar.Hold;
import llm.gpu.grammar.Holds;
import llm.gpu.memory.DeviceMemory;
import llm.gpu.memory.HostMemory;
import llm.gpu.memory.MemoryBudget;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Places;
import llm.gpu.memory.Residence;
import llm.gpu.schedule.Aside;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.Judges;
import llm.gpu.schedule.Pin;
import llm.gpu.vectors.EmbeddingJob;

/**
 * The engine: models in this process, each owned by one platform thread ({@link ModelRunner}) that
 * computes all of its requests together ({@link Scheduler}).
 *
 * <ul>
 *   <li>Full queue: refused with {@code QueueFull}. Cancelled while waiting: ended at once.
 *   <li>Cancelled in work: ended before the next step.
 *   <li>A failure ends its own request and nothing else, unless llama.cpp itself failed.
 * </ul>
 *
 * <p>Thread-safe.
 */
public final class Engine implements AutoCloseable {
  private static final int MAX_RESIDENCES = 4096; // models that were asked for since the start
  private static final int MAX_JUDGED =
      256; // held answers whose end is looked at, or waits for that
  private static final Duration CLOSED_RETRY = Duration.ofSeconds(5);
  private static final Predicate<Path> EVERY = _ -> true; // model takes a place

  private final EngineSettings settings;
  private final Alarms alarms;
  private final TimeSource time;
  private final Log log;
  private final Aside aside;
  private final Judges judges;
  private final Serving.Common common;
  private final Places places;
  private final Predicate<Path> takesPlace;
  private final ModelLoader loader;
  private final Holds holds = new Holds();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Path, ModelRunner> runners = new LinkedHashMap<>(); // guarded by lock
  private final Map<Path, Residence> residences = new HashMap<>(); // guarded by lock
  private volatile List<ModelRunner> known = List.of(); // the same runners, to look at
  private volatile boolean closing;
  private volatile Optional<String> failure = Optional.empty(); // of library or model

  /**
   * An idle engine; nothing native happens before the first request or {@link #warm}.
   *
   * @param librarySource loads the library on a platform thread
   * @param randomSeed seeds for requests that name none
   */
  public Engine(
      EngineSettings settings,
      LibrarySource librarySource,
      Telemetry telemetry,
      Alarms alarms,
      IntSupplier randomSeed) {
    this(settings, librarySource, AdapterSource.NONE, telemetry, alarms, randomSeed);
  }

  /**
   * The same with adapters.
   *
   * @param adapters asked when a model is loaded
   */
  public Engine(
      EngineSettings settings,
      LibrarySource librarySource,
      AdapterSource adapters,
      Telemetry telemetry,
      Alarms alarms,
      IntSupplier randomSeed) {
    this(settings, librarySource, adapters, EVERY, Optional::empty, telemetry, alarms, randomSeed);
  }

  /**
   * The same with a graphics processor.
   *
   * @param takesPlace whether the model of a file is one of those that {@link
   *     EngineSettings#loadedModels()} limits; all take memory
   * @param device how full its memory is
   */
  public Engine(
      EngineSettings settings,
      LibrarySource librarySource,
      AdapterSource adapters,
      Predicate<Path> takesPlace,
      DeviceMemory device,
      Telemetry telemetry,
      Alarms alarms,
      IntSupplier randomSeed) {
    this.settings = settings;
    this.alarms = alarms;
    this.time = alarms.time();
    this.log = telemetry.log("llm.gpu.engine");
    var metrics = new EngineMetrics(telemetry.metrics());
    var guard = new DeviceGuard(metrics::waitedForDevice);
    this.aside = new Aside(settings.textsAside(), log);
    this.judges = new Judges(MAX_JUDGED, log);
    this.common = new Serving.Common(settings, guard, aside, time, metrics, log, randomSeed);
    var budget = new MemoryBudget(settings.memory(), HostMemory.ofThisMachine()::read, device);
    this.takesPlace = takesPlace;
    this.places = new Places(settings.loadedModels(), budget, time);
    this.loader =
        new ModelLoader(librarySource, adapters, settings, metrics, log, time, () -> closing);
    EngineGauges.register(telemetry.metrics(), this::waiting, this::loaded);
  }

  /**
   * Queues a request.
   *
   * @param model the model's file
   * @throws LlmException when the queue is full or the engine closed, or the answer cannot be held
   *     to the form that is asked for
   */
  public EventStream<StreamEvent> submit(ChatRequest request, Path model, Call call)
      throws LlmException {
    return submit(request, model, call, asked(request));
  }

  /**
   * What the format of {@code request} asks for; empty where any text will do.
   *
   * @throws LlmException when it cannot be guaranteed
   */
  public Optional<AnswerGrammar> asked(ChatRequest request) throws LlmException {
    return holds.asked(request);
  }

  /**
   * Queues a request whose answer is held to {@code grammar}; empty: any text will do.
   *
   * @param model the model's file
   * @throws LlmException when the queue is full or the engine closed, or the grammar is wrong
   */
  public EventStream<StreamEvent> submit(
      ChatRequest request, Path model, Call call, Optional<AnswerGrammar> grammar)
      throws LlmException {
    Optional<Hold> hold = holds.of(grammar);
    return submit(model, call, (ring, now) -> Job.held(request, call, ring, now, hold));
  }

  /**
   * Tokens of the request's prompt; nothing is computed. Blocks while the model is loaded and the
   * prompt read.
   *
   * @throws LlmException when the queue is full, the engine closed, the call cancelled, or the
   *     prompt leaves no room for an answer
   */
  public int count(ChatRequest request, Path model, Call call) throws LlmException {
    var counting = submit(model, call, (ring, now) -> Job.toCount(request, call, ring, now));
    return ResultCollector.collect(request.model().value(), counting).usage().promptTokens();
  }

  /**
   * Queues a prompt to be read and kept; the stream's {@code Done} tells that it is. It ends as
   * {@code Failed} when the pins' share of the pool has no room for it.
   *
   * @param id to take it back by; one that is pinned already under this id is replaced
   * @param keep for how long; more than 0
   * @throws LlmException when the queue is full or the engine closed
   */
  public EventStream<StreamEvent> pin(
      ChatRequest request, Path model, Call call, String id, Duration keep) throws LlmException {
    var pin = new Pin(id, time.nanoTime() + keep.toNanos());
    return submit(model, call, (ring, now) -> new Job(request, call, ring, now, Optional.of(pin)));
  }

  /** Takes back what {@link #pin} keeps; nothing happens when there is none of this id. */
  public void unpin(String id) {
    all().forEach(runner -> runner.unpin(id));
  }

  /** Whether {@link #pin} still keeps it. Does not block. */
  public boolean isPinned(String id) {
    return all().stream().anyMatch(runner -> runner.isPinned(id));
  }

  /** Makes a job that tells of itself by a ring. */
  @FunctionalInterface
  private interface JobMaker {
    Job make(EventRing ring, long nowNanos);
  }

  private EventStream<StreamEvent> submit(Path model, Call call, JobMaker maker)
      throws LlmException {
    Job job;
    ModelRunner runner;
    lock.lock();
    try {
      runner = runnerOf(model);
      var ring = new EventRing(settings.ringEvents(), call, alarms, runner::wake);
      job = maker.make(ring, time.nanoTime());
      job.wakeBy(runner::wake);
      enqueue(job, runner);
    } finally {
      lock.unlock();
    }
    job.onCancel(() -> runner.cancelled(job));
    runner.wake();
    return job.stream(judges);
  }

  private static void enqueue(Job job, ModelRunner runner) throws LlmException {
    try {
      runner.queue().add(job);
    } catch (LlmException refused) {
      job.end(new StreamEvent.Failed(refused.error(), Usage.NONE)); // its hooks go with it
      throw refused;
    }
  }

  /**
   * Makes vectors; blocks until they are there.
   *
   * @param model the model's file
   * @throws LlmException when the queue is full, the engine closed, the call cancelled, or the
   *     model cannot do it
   */
  public EmbeddingResult embed(EmbeddingRequest request, Path model, Call call)
      throws LlmException {
    var job = new EmbeddingJob(request, call, time.nanoTime());
    ModelRunner runner;
    lock.lock();
    try {
      runner = runnerOf(model);
      job.wakeBy(runner::wake);
      runner.texts().add(job);
    } finally {
      lock.unlock();
    }
    runner.wake();
    return job.await();
  }

  /**
   * Begins to load {@code model}; idle models leave for it, busy ones do not.
   *
   * @param contextTokens the window; empty for the settings'
   * @return ends when it is loaded, or exceptionally with {@link Residence.Unmet}
   * @throws LlmException when the engine is closed
   * @throws Residence.Unmet when it is loaded with another window
   */
  public CompletableFuture<Void> load(Path model, OptionalInt contextTokens)
      throws LlmException, Residence.Unmet {
    lock.lock();
    try {
      ModelRunner runner = runnerOf(model);
      CompletableFuture<Void> loaded = residence(model).wantLoaded(contextTokens);
      runner.wake();
      return loaded;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins to unload {@code model}, once it has answered what came before; a load is ended.
   *
   * @return ends when it is not in memory
   */
  public CompletableFuture<Void> unload(Path model) {
    lock.lock();
    try {
      Optional<ModelRunner> runner = Optional.ofNullable(runners.get(model));
      CompletableFuture<Void> gone = residence(model).wantUnloaded(time.nanoTime());
      runner.ifPresent(ModelRunner::wake);
      return gone;
    } finally {
      lock.unlock();
    }
  }

  /** How the model of a file is. Does not wait for the device. */
  public EngineStatus.Standing standing(Path model) {
    lock.lock();
    try {
      return new EngineStatus.Standing(
          residence(model).now(),
          Optional.ofNullable(runners.get(model)).map(ModelRunner::activity));
    } finally {
      lock.unlock();
    }
  }

  /** What a load of the model with this header would take, by the settings. */
  public ModelNeed estimate(Path model, GgufHeader header) {
    return loader.estimate(model, header, settings);
  }

  /** How full the memories are that limit loads. Reads a few small files. */
  public List<MemoryBudget.Standing> memories() {
    return places.memories();
  }

  /** Loads {@code model} when a place is free; a failure is logged only. */
  public void warm(Path model) {
    lock.lock();
    try {
      ModelRunner runner = runnerOf(model);
      runner.warm();
      runner.wake();
    } catch (LlmException _) {
      return; // closed meanwhile: there is nothing to warm for
    } finally {
      lock.unlock();
    }
  }

  /** How it is. Does not block. */
  public EngineStatus status() {
    return new EngineStatus(loader.library(), loaded(), failure, waiting());
  }

  private List<LoadedStatus> loaded() {
    return known.stream().flatMap(runner -> runner.status().stream()).toList();
  }

  private int waiting() {
    return known.stream().mapToInt(ModelRunner::waiting).sum();
  }

  /**
   * Ends every request as cancelled by shutdown, frees native memory and waits for the threads, at
   * most {@link EngineSettings#closeLimit()}. Idempotent.
   */
  @Override
  public void close() {
    closing = true;
    long until = time.nanoTime() + settings.closeLimit().toNanos();
    List<ModelRunner> all = all();
    all.forEach(ModelRunner::close);
    aside.close();
    judges.close();
    try {
      boolean ended = true;
      for (ModelRunner runner : all) {
        ended &= runner.join(left(until));
      }
      if (!aside.join(left(until)) || !ended) {
        log.error("engine_close_timeout").put("ms", settings.closeLimit().toMillis()).emit();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration left(long until) {
    return Duration.ofNanos(Math.max(1, until - time.nanoTime()));
  }

  private List<ModelRunner> all() {
    lock.lock(); // one that is just being made is not missed
    try {
      return known;
    } finally {
      lock.unlock();
    }
  }

  /** Called with the lock held. */
  private ModelRunner runnerOf(Path model) throws LlmException {
    if (closing) {
      throw new LlmException(new LlmError.ShuttingDown(CLOSED_RETRY));
    }
    ModelRunner there = runners.get(model);
    if (there != null) {
      return there;
    }
    var runner =
        new ModelRunner(
            model, takesPlace.test(model), residence(model), loader, places, common, new Host());
    runners.put(model, runner);
    known = List.copyOf(runners.values());
    runner.start();
    return runner;
  }

  /** Called with the lock held. What is known of a model outlives its thread. */
  private Residence residence(Path model) {
    if (residences.size() >= MAX_RESIDENCES) {
      residences.keySet().removeIf(other -> !runners.containsKey(other));
    }
    return residences.computeIfAbsent(model, _ -> new Residence());
  }

  private final class Host implements ModelRunner.Host {
    @Override
    public boolean retire(ModelRunner runner) {
      lock.lock();
      try {
        boolean retired =
            !runner.isWarming()
                && runner.texts().size() == 0
                && runner.queue().closeIfEmpty()
                && runners.values().remove(runner);
        known = List.copyOf(runners.values());
        return retired;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void ended(ModelRunner runner) {
      lock.lock();
      try {
        runners.values().remove(runner);
        known = List.copyOf(runners.values());
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void failure(Optional<String> reason) {
      failure = reason;
    }
  }
}
