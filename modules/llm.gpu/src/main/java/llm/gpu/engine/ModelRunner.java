package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongPredicate;
import llm.core.telemetry.Log;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.LlamaException;
import llm.gpu.schedule.Aside;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.FaultLimit;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.vectors.EmbeddingJob;
import llm.gpu.vectors.EmbeddingQueue;

/**
 * The owner of one model: a platform thread that makes every native call for it, because such a
 * call holds the thread that makes it. Its requests wait in a bounded queue.
 *
 * <ol>
 *   <li>The first request, or {@link #warm}, lets it load its model, as soon as there is a place.
 *   <li>It computes steps while there is work and sleeps while there is none, the model in memory.
 *   <li>When another model needs its place, it finishes what came before, unloads and leaves.
 *   <li>Without model and requests it ends.
 * </ol>
 *
 * <p>A fault ends the requests in work and unloads the model; those that wait load it again, unless
 * that happened too often ({@link FaultLimit}): then they are refused until it has rested.
 *
 * <p>A file that was changed since it was loaded is loaded anew, one that vanished is served from
 * memory. Thread-safe.
 */
final class ModelRunner {
  private static final Duration LOOK_AT_FILE = Duration.ofSeconds(1);
  private static final String BROKEN =
      "A model was ended by a fault, of which the server's log has the cause; the next request loads"
          + " it again.";

  private final Path file;
  private final EngineSettings settings;
  private final ModelLoader loader;
  private final DeviceGuard guard;
  private final Aside aside;
  private final Places places;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final Log log;
  private final IntSupplier randomSeed;
  private final Host host;
  private final JobQueue queue;
  private final EmbeddingQueue texts;
  private final ConcurrentLinkedQueue<Consumer<Pins>> pinTasks = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean warm;
  private volatile boolean closing;
  private volatile boolean woken; // since the round began: it may have looked too early
  private volatile long lastUseNanos;
  private LoadedModel loaded; // null while there is none; owner thread
  private volatile Serving serving; // of loaded; written by the owner thread
  private long lookedNanos; // at the file
  private boolean outdated; // the file is another one than was loaded
  private final FaultLimit faults; // owner thread

  /** Where runners live. */
  interface Host {
    /** Forgets {@code runner} if no request waits for it; whether it did. */
    boolean retire(ModelRunner runner);

    /** Forgets {@code runner}, whose thread ends: the next request begins another one. */
    void ended(ModelRunner runner);

    /** Says why a load failed; empty after one that did not. */
    void failure(Optional<String> reason);
  }

  ModelRunner(
      Path file,
      EngineSettings settings,
      ModelLoader loader,
      DeviceGuard guard,
      Aside aside,
      Places places,
      TimeSource time,
      EngineMetrics metrics,
      Log log,
      IntSupplier randomSeed,
      Host host) {
    this.file = file;
    this.settings = settings;
    this.loader = loader;
    this.guard = guard;
    this.aside = aside;
    this.places = places;
    this.time = time;
    this.metrics = metrics;
    this.log = log;
    this.randomSeed = randomSeed;
    this.host = host;
    this.queue = new JobQueue(settings.queueCapacity(), settings.slots().interactive());
    this.texts = new EmbeddingQueue(settings.queueCapacity());
    this.lastUseNanos = time.nanoTime();
    this.faults = new FaultLimit(time);
    this.thread =
        Thread.ofPlatform().name("llm-engine-" + file.getFileName()).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  JobQueue queue() {
    return queue;
  }

  /** Requests for vectors that wait. */
  EmbeddingQueue texts() {
    return texts;
  }

  /** Requests of both kinds that wait. */
  int waiting() {
    return queue.size() + texts.size();
  }

  /** The loaded model; empty while there is none. */
  Optional<LoadedStatus> status() {
    return Optional.ofNullable(serving).map(Serving::status);
  }

  long lastUseNanos() {
    return lastUseNanos;
  }

  /** Loads the model when there is nothing else to do and a place is free. */
  void warm() {
    warm = true;
  }

  /** Whether it is to load its model although nobody asks it anything. */
  boolean isWarming() {
    return warm;
  }

  /** Lets the owner thread look again. Any thread. */
  void wake() {
    woken = true; // a permit alone may be spent on the way to sleep, by waiting for a lock
    LockSupport.unpark(thread);
  }

  /** Takes a pin back, soon. */
  void unpin(String id) {
    pinTasks.add(pins -> pins.remove(id));
    wake();
  }

  /** Whether its model keeps this pin. Any thread. */
  boolean isPinned(String id) {
    Serving now = serving;
    return now != null && now.scheduler().filter(part -> part.pins().has(id)).isPresent();
  }

  /** Lets everything end as cancelled by shutdown. */
  void close() {
    closing = true;
    endWaiting();
    wake();
  }

  /** Waits for the owner thread to end; whether it did in time. */
  boolean join(Duration limit) throws InterruptedException {
    return thread.join(limit);
  }

  /** A cancelled job that still waits ends here; one in work sees it by itself. */
  void cancelled(Job job) {
    if (queue.take(job)) {
      job.end(job.cancellation(Usage.NONE));
    }
    wake();
  }

  private void run() {
    try {
      boolean ended = false;
      while (!ended) {
        ended = serveUntilFault();
      }
    } finally {
      places.leave(this); // others may want it, whatever happened here
      host.ended(this);
      endWaiting();
    }
  }

  /** Whether it has nothing to do any more; false after a fault. */
  private boolean serveUntilFault() {
    try {
      while (!closing && round()) {
        // until it retires
      }
      unload();
      return true;
    } catch (RuntimeException | Error bug) {
      faults.add();
      host.failure(Optional.of(BROKEN));
      log.error("engine_failed").put("file", file.toString()).cause(bug).emit();
      dropModel();
      return closing;
    }
  }

  /** Nobody will compute what is in work, and what is in memory is not to be relied on. */
  private void dropModel() {
    attempt(() -> Optional.ofNullable(serving).ifPresent(one -> one.fail(new LlmError.Internal())));
    serving = null;
    attempt(this::unload);
    places.leave(this);
  }

  /** Does what may fail, for it comes after a fault. */
  private void attempt(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error bug) {
      log.error("engine_failed").put("file", file.toString()).cause(bug).emit();
    }
  }

  private void endWaiting() {
    queue.close().forEach(job -> job.end(job.cancellation(Usage.NONE)));
    texts.close().forEach(EmbeddingJob::cancel);
  }

  /** Does what there is to do, or waits; false when it has retired. */
  private boolean round() {
    woken = false;
    if (serving != null) {
      serve();
      return true;
    }
    pinTasks.clear();
    Optional<Long> restsUntil = faults.restsUntil();
    if (restsUntil.isPresent()) {
      rest(restsUntil.get());
      return true;
    }
    if (waiting() == 0 && !warm) {
      places.leave(this);
      return remembersFaults() || !host.retire(this);
    }
    boolean mayLoad = waiting() == 0 ? places.enterIfFree(this) : places.enter(this);
    warm = false;
    if (mayLoad) {
      load();
    } else if (waiting() > 0) {
      await(Optional.empty());
    }
    return true;
  }

  /** It broke down too often: refuses those that wait, and sleeps. */
  private void rest(long untilNanos) {
    warm = false;
    long seconds = Math.ceilDiv(untilNanos - time.nanoTime(), Duration.ofSeconds(1).toNanos());
    String reason =
        "Model file "
            + file.getFileName()
            + " has been ended by "
            + FaultLimit.MOST
            + " faults within "
            + FaultLimit.WITHIN.toMinutes()
            + " minutes, of which the server's log has the causes; ask again in "
            + seconds
            + " s, when it is loaded again.";
    while (waiting() > 0) {
      failed(reason);
    }
    await(Optional.of(untilNanos));
  }

  /** Whether it has to stay although nobody asks, so as to know how often it broke down; waits. */
  private boolean remembersFaults() {
    Optional<Long> forgotten = faults.forgotten();
    if (forgotten.isPresent()) {
      await(forgotten);
    }
    return forgotten.isPresent();
  }

  private void serve() {
    Optional<Long> yieldSince = places.yieldingSince(this);
    LongPredicate eligible =
        queuedNanos -> !outdated && (yieldSince.isEmpty() || queuedNanos - yieldSince.get() <= 0);
    boolean replace = isOutdated() && serving.isIdle();
    boolean yield = yieldSince.isPresent() && serving.isIdle() && !waits(eligible);
    if (replace || yield) {
      unload();
    }
    if (yield) {
      places.leave(this);
    }
    if (serving != null) {
      work(eligible);
    }
  }

  private boolean waits(LongPredicate eligible) {
    return queue.next(job -> eligible.test(job.queuedNanos()), _ -> 0).isPresent()
        || texts.has(job -> eligible.test(job.queuedNanos()));
  }

  private void work(LongPredicate eligible) {
    try {
      serving.admit(texts, eligible);
      takePinsBack(); // before a step, so that what came after is not refused for want of room
      boolean stepped = serving.step();
      if (stepped) {
        lastUseNanos = time.nanoTime();
      } else if (pinTasks.isEmpty()) {
        await(serving.nextDeadline());
      }
    } catch (LlamaException failure) {
      log.error("decode_failed").put("model", loaded.name()).cause(failure).emit();
      serving.fail(new LlmError.ProviderFailed("local", failure.getMessage()));
      unload(); // its state is not known
    } catch (RuntimeException | Error bug) {
      log.error("generation_failed").put("model", loaded.name()).cause(bug).emit();
      serving.fail(new LlmError.Internal());
      unload();
    }
  }

  private void takePinsBack() {
    for (var task = pinTasks.poll(); task != null; task = pinTasks.poll()) {
      serving.scheduler().map(Scheduler::pins).ifPresent(task);
    }
  }

  /**
   * Sleeps until somebody wakes it or {@code deadline} comes; not at all when somebody just did.
   */
  private void await(Optional<Long> deadline) {
    if (woken) {
      return;
    }
    if (deadline.isEmpty()) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, Math.max(1, deadline.get() - time.nanoTime()));
    }
  }

  /**
   * Whether the file is another one than was loaded; looks when somebody waits, once in a while.
   */
  private boolean isOutdated() {
    long now = time.nanoTime();
    boolean look =
        !outdated
            && waiting() > 0
            && (serving.isIdle() || now - lookedNanos > LOOK_AT_FILE.toNanos());
    if (look) {
      lookedNanos = now;
      outdated = !ModelLoader.isCurrent(loaded);
    }
    return outdated;
  }

  private void load() {
    long start = time.nanoTime();
    try {
      loaded = guard.exclusively(() -> loader.load(file));
      var common = new Serving.Common(settings, guard, aside, time, metrics, log, randomSeed);
      serving = new Serving(loaded, queue, common, () -> closing);
      serving.restore();
      lastUseNanos = time.nanoTime();
      host.failure(Optional.empty());
      loader.report(loaded, start);
    } catch (LlamaException unusable) {
      failed(unusable.getMessage());
    } catch (RuntimeException | Error bug) {
      log.error("model_load_failed").put("file", file.toString()).cause(bug).emit();
      unload();
      failed("The model could not be loaded; the server's log has the cause.");
    }
  }

  /** Tells the one whose turn it was; the next one tries again. */
  private void failed(String reason) {
    places.leave(this);
    host.failure(Optional.of(reason));
    texts.poll(_ -> true).ifPresent(job -> failed(job, reason));
    Optional<Job> first = queue.next(_ -> true, _ -> 0);
    if (first.isPresent() && queue.take(first.get())) {
      Job job = first.get();
      var error = new LlmError.ModelUnavailable(job.request().model().value(), reason);
      job.end(closing ? job.cancellation(Usage.NONE) : new StreamEvent.Failed(error, Usage.NONE));
    }
  }

  private void failed(EmbeddingJob job, String reason) {
    if (closing) {
      job.cancel();
    } else {
      job.fail(new LlmError.ModelUnavailable(job.request().model().value(), reason));
    }
  }

  private void unload() {
    if (serving != null) {
      serving.close();
      serving = null;
    }
    outdated = false;
    if (loaded != null) {
      LoadedModel gone = loaded;
      loaded = null;
      gone.model().stopReading(); // a long text may take seconds: other models go on meanwhile
      guard.exclusively(() -> {
        loader.unload(gone);
        return gone;
      });
    }
  }
}
