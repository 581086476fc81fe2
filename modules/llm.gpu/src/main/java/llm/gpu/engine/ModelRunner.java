package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import llm.core.telemetry.Log;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.Held;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Residence;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.FaultLimit;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.vectors.EmbeddingQueue;

/**
 * The owner of one model: a platform thread that makes every native call for it, because such a
 * call holds the thread that makes it. Its requests wait in a bounded queue.
 *
 * <ol>
 *   <li>The first request, or {@link #warm}, lets it load its model, as soon as there is a place.
 *   <li>It computes steps while there is work and sleeps while there is none, the model in memory.
 *   <li>When another model needs its place or memory, or somebody asks it to leave, it finishes
 *       what came before, unloads and leaves; so it does when nobody has asked it for long.
 *   <li>Without model and requests it ends.
 * </ol>
 *
 * <p>A fault ends the requests in work and unloads the model; those that wait load it again, unless
 * that happened too often ({@link FaultLimit}): then they are refused until it has rested.
 *
 * <p>A file that was changed since it was loaded is loaded anew, one that vanished is served from
 * memory. Thread-safe.
 */
final class ModelRunner implements Held {
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1); // for memory others gave back
  private static final Duration SETTLE = Duration.ofMillis(20); // until memory was looked at
  private static final Duration LOOK_AT_FILE = Duration.ofSeconds(1);
  private static final String BROKEN =
      "A model was ended by a fault, of which the server's log has the cause; the next request loads"
          + " it again.";

  private final Path file;
  private final Residence residence;
  private final ModelLoader loader;
  private final Places places;
  private final Serving.Common common;
  private final DeviceGuard guard;
  private final TimeSource time;
  private final Log log;
  private final Host host;
  private final Waiting waiting;
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
  private Optional<ModelNeed> need = Optional.empty(); // of the load that is next; owner thread
  private OptionalInt needContext = OptionalInt.empty(); // what it was estimated for

  /** Where runners live. */
  interface Host {
    /** Forgets {@code runner} if no request waits for it; whether it did. */
    boolean retire(ModelRunner runner);

    /** Forgets {@code runner}, whose thread ends: the next request begins another one. */
    void ended(ModelRunner runner);

    /** Says why a load failed; empty after one that did not. */
    void failure(Optional<String> reason);
  }

  /** One for {@code file}; {@link #start} lets it begin. */
  ModelRunner(
      Path file,
      Residence residence,
      ModelLoader loader,
      Places places,
      Serving.Common common,
      Host host) {
    this.file = file;
    this.residence = residence;
    this.loader = loader;
    this.places = places;
    this.common = common;
    this.guard = common.guard();
    this.time = common.time();
    this.log = common.log();
    this.host = host;
    this.waiting = Waiting.none(common.settings());
    this.lastUseNanos = time.nanoTime();
    this.faults = new FaultLimit(time);
    this.thread =
        Thread.ofPlatform().name("llm-engine-" + file.getFileName()).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  JobQueue queue() {
    return waiting.queue();
  }

  /** Requests for vectors that wait. */
  EmbeddingQueue texts() {
    return waiting.texts();
  }

  /** Requests of both kinds that wait. */
  int waiting() {
    return waiting.count();
  }

  /** The loaded model; empty while there is none. */
  Optional<LoadedStatus> status() {
    return Optional.ofNullable(serving).map(Serving::status);
  }

  long lastUseNanos() {
    return lastUseNanos;
  }

  /** What it does. Any thread. */
  EngineStatus.Activity activity() {
    int inWork = status().map(LoadedStatus::inWork).orElse(0);
    int waits = waiting();
    long idle = inWork + waits > 0 ? 0 : Math.max(0, time.nanoTime() - lastUseNanos);
    return new EngineStatus.Activity(inWork, waits, Duration.ofNanos(idle));
  }

  @Override
  public String name() {
    return file.getFileName().toString();
  }

  @Override
  public ModelNeed need() {
    return residence.now().need().orElse(ModelNeed.NONE);
  }

  @Override
  public boolean isResident() {
    return serving != null;
  }

  @Override
  public boolean isBusy() {
    Serving now = serving;
    return now == null || waiting() > 0 || now.status().inWork() > 0;
  }

  /** Loads the model when there is nothing else to do and a place is free. */
  void warm() {
    warm = true;
  }

  /** Whether it is to load its model although nobody asks it anything. */
  boolean isWarming() {
    return warm || residence.isWanted();
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
    waiting.close();
    wake();
  }

  /** Waits for the owner thread to end; whether it did in time. */
  boolean join(Duration limit) throws InterruptedException {
    return thread.join(limit);
  }

  /** A cancelled job that still waits ends here; one in work sees it by itself. */
  void cancelled(Job job) {
    waiting.cancelled(job);
    wake();
  }

  private void run() {
    try {
      boolean ended = false;
      while (!ended) {
        ended = serveUntilFault();
      }
    } finally {
      if (closing) {
        residence.failed("The server is shutting down.");
      }
      places.leave(this); // others may want it, whatever happened here
      host.ended(this);
      waiting.close();
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
    Optional<Serving> broken = Optional.ofNullable(serving);
    serving = null;
    attempt(() -> broken.ifPresent(one -> one.fail(new LlmError.Internal())));
    attempt(() -> broken.ifPresent(Serving::close));
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
    if (waiting() == 0 && !isWarming()) {
      places.leave(this);
      return remembersFaults() || !host.retire(this);
    }
    come();
    return true;
  }

  /** Loads its model when there is a place and memory for it, waits for them, or refuses. */
  private void come() {
    Optional<String> unusable = unusable();
    if (unusable.isPresent()) {
      warm = false;
      failed(unusable.get());
      return;
    }
    Places.Evicts whom =
        waiting() > 0
            ? Places.Evicts.OTHERS
            : residence.isWanted() ? Places.Evicts.IDLE : Places.Evicts.NONE;
    if (whom == Places.Evicts.NONE && places.isUnsettled(this)) {
      await(Optional.of(time.nanoTime() + SETTLE.toNanos()));
      return;
    }
    warm = false;
    Optional<String> refusal = places.refusal(this, whom);
    if (refusal.isPresent()) {
      refused(refusal.get(), whom);
    } else if (whom == Places.Evicts.NONE ? places.enterIfFree(this) : places.enter(this, whom)) {
      load();
    } else if (whom != Places.Evicts.NONE) {
      Duration pause = places.isUnsettled(this) ? SETTLE : ASK_AGAIN;
      await(Optional.of(time.nanoTime() + pause.toNanos()));
    }
  }

  /** Why its model is not to be loaded at all; finds out what that would take. */
  private Optional<String> unusable() {
    if (residence.isCancelled()) {
      return Optional.of(Residence.CANCELLED);
    }
    try {
      OptionalInt context = residence.context();
      if (need.isEmpty() || !needContext.equals(context)) {
        need = Optional.of(loader.need(file, context));
        needContext = context;
        residence.needs(need.get());
      }
    } catch (LlamaException unusable) {
      return Optional.of(unusable.getMessage());
    }
    return Optional.empty();
  }

  /**
   * There is no place or memory for it, for those who asked. A request that came since may send
   * more away: it is judged by itself.
   */
  private void refused(String reason, Places.Evicts whom) {
    common.metrics().loadRefused();
    log.warn("model_load_refused").put("model", name()).put("reason", reason).emit();
    need = Optional.empty();
    places.leave(this);
    if (whom == Places.Evicts.OTHERS) {
      waiting.failNext(reason);
    }
    if (whom != Places.Evicts.NONE || !residence.isWanted()) {
      residence.failed(reason);
    }
  }

  /** It broke down too often: refuses one that waits, or sleeps. */
  private void rest(long untilNanos) {
    warm = false;
    if (waiting.count() > 0) {
      failed(faults.refusal("Model file " + file.getFileName()));
    } else {
      await(Optional.of(untilNanos));
    }
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
    boolean asked = residence.unloadSince().isPresent();
    Optional<Long> yieldSince = leavesSince();
    LongPredicate eligible =
        queuedNanos -> !outdated && (yieldSince.isEmpty() || queuedNanos - yieldSince.get() <= 0);
    boolean replace = isOutdated() && serving.isIdle();
    boolean yield =
        yieldSince.isPresent() ? serving.isIdle() && !waiting.has(eligible) : isIdleForLong();
    if (yield) {
      places.moves(this);
      end();
      countLeave(asked, yieldSince.isPresent());
      places.leave(this); // at once: nobody sees its need without its model
    } else if (replace) {
      unload();
    }
    if (serving != null) {
      work(eligible);
    }
  }

  private void countLeave(boolean asked, boolean yielded) {
    if (asked) {
      common.metrics().unloadedAsked();
    } else if (yielded) {
      common.metrics().unloadedEvicted();
    } else {
      common.metrics().unloadedIdle();
    }
  }

  /** Since when it is to answer what is there and leave. */
  private Optional<Long> leavesSince() {
    OptionalLong asked = residence.unloadSince();
    Optional<Long> yields = places.yieldingSince(this);
    return asked.isPresent() ? Roster.earlier(yields, Optional.of(asked.getAsLong())) : yields;
  }

  private boolean isIdleForLong() {
    Optional<Long> until = idleUntil();
    return until.isPresent() && until.get() - time.nanoTime() <= 0;
  }

  /** When it leaves if nobody asks; empty while somebody does, or has it keep a prompt. */
  private Optional<Long> idleUntil() {
    Duration limit = common.settings().memory().idleUnload();
    boolean keeps = serving.scheduler().flatMap(part -> part.pins().nextEnd()).isPresent();
    return limit.isZero() || !serving.isIdle() || waiting() > 0 || keeps
        ? Optional.empty()
        : Optional.of(lastUseNanos + limit.toNanos());
  }

  private void work(LongPredicate eligible) {
    try {
      serving.admit(waiting.texts(), eligible);
      takePinsBack(); // before a step, so that what came after is not refused for want of room
      long now = time.nanoTime();
      boolean stepped = serving.step();
      if (stepped) {
        lastUseNanos = now; // before those who hear of the step do anything
        residence.takes(loaded.taken());
      } else if (pinTasks.isEmpty()) {
        await(Roster.earlier(serving.nextDeadline(), idleUntil()));
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
    if (!residence.begin(needContext)) {
      return; // another window was asked for meanwhile: what that takes is another question
    }
    long start = time.nanoTime();
    need = Optional.empty();
    places.moves(this);
    try {
      loaded = guard.exclusively(() -> loader.load(file, residence));
      serving = new Serving(loaded, waiting.queue(), common, () -> closing);
      serving.restore();
      lastUseNanos = time.nanoTime();
      host.failure(Optional.empty());
      loader.report(loaded, start);
      residence.loaded(loaded.taken(), loaded.contextTokens());
    } catch (LlamaException unusable) {
      failed(unusable.getMessage());
    } catch (RuntimeException | Error bug) {
      log.error("model_load_failed").put("file", file.toString()).cause(bug).emit();
      unload();
      failed("The model could not be loaded; the server's log has the cause.");
    } finally {
      places.moved(this);
    }
  }

  /** Tells the one whose turn it was; the next one tries again. */
  private void failed(String reason) {
    boolean cancelled = residence.isCancelled();
    need = Optional.empty();
    places.leave(this);
    if (closing) {
      waiting.close();
    } else {
      if (!cancelled) {
        host.failure(Optional.of(reason));
      }
      waiting.failNext(reason);
    }
    while (cancelled && waiting() > 0) {
      waiting.failNext(reason); // they would only load it again
    }
    residence.failed(reason);
  }

  private void unload() {
    if (serving == null && loaded == null) {
      return;
    }
    places.moves(this); // before it is not resident: what is in use shows it still
    try {
      end();
    } finally {
      places.moved(this);
    }
  }

  private void end() {
    if (serving != null) {
      serving.close();
      serving = null;
    }
    outdated = false;
    if (loaded != null) {
      LoadedModel gone = loaded;
      loaded = null;
      residence.unloading();
      gone.model().stopReading(); // a long text may take seconds: other models go on meanwhile
      guard.exclusively(() -> {
        loader.unload(gone);
        return gone;
      });
      residence.unloaded();
    }
  }
}
