package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import llm.core.telemetry.Log;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Places;
import llm.gpu.memory.Residence;
import llm.gpu.memory.Tenant;
import llm.gpu.prefix.Pins;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.FaultLimit;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.schedule.Sleep;
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
final class ModelRunner implements Tenant {
  private static final String BROKEN =
      "A model was ended by a fault, of which the server's log has the cause; the next request loads"
          + " it again.";

  private final Path file;
  private final boolean takesPlace;
  private final Residence residence;
  private final ModelLoader loader;
  private final Places places;
  private final Serving.Common common;
  private final DeviceGuard guard;
  private final TimeSource time;
  private final Log log;
  private final Host host;
  private final Waiting waiting;
  private final Arrival arrival;
  private final Departure departure;
  private final ConcurrentLinkedQueue<Consumer<Pins>> pinTasks = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private final Sleep sleep;
  private volatile boolean closing;
  private volatile long lastUseNanos;
  private LoadedModel loaded; // null while there is none; owner thread
  private volatile Serving serving; // of loaded; written by the owner thread
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

  /**
   * One for {@code file}; {@link #start} lets it begin.
   *
   * @param takesPlace whether it is one of those that the number of places limits
   */
  ModelRunner(
      Path file,
      boolean takesPlace,
      Residence residence,
      ModelLoader loader,
      Places places,
      Serving.Common common,
      Host host) {
    this.file = file;
    this.takesPlace = takesPlace;
    this.residence = residence;
    this.loader = loader;
    this.places = places;
    this.common = common;
    this.guard = common.guard();
    this.time = common.time();
    this.log = common.log();
    this.host = host;
    this.waiting = Waiting.none(common.settings());
    this.arrival =
        new Arrival(file, this, residence, loader, places, waiting, common, host, () -> closing);
    this.departure = new Departure(this, residence, places, waiting, common);
    this.lastUseNanos = time.nanoTime();
    this.faults = new FaultLimit(time);
    this.thread =
        Thread.ofPlatform().name("llm-engine-" + file.getFileName()).daemon().unstarted(this::run);
    this.sleep = new Sleep(thread, time);
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

  @Override
  public long lastUseNanos() {
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
  public boolean takesPlace() {
    return takesPlace;
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
    arrival.warm();
  }

  /** Whether it is to load its model although nobody asks it anything. */
  boolean isWarming() {
    return arrival.isWarming();
  }

  /** Lets the owner thread look again. Any thread. */
  @Override
  public void wake() {
    sleep.wake();
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
    sleep.roundBegins();
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

  /** Loads its model when there is a place and memory for it, or waits for them. */
  private void come() {
    Arrival.Turn turn = arrival.turn();
    if (turn == Arrival.Turn.LOAD) {
      load();
    } else if (turn.asksAgain()) {
      sleep.until(Optional.of(time.nanoTime() + turn.pause().toNanos()));
    }
  }

  /** It broke down too often: refuses one that waits, or sleeps. */
  private void rest(long untilNanos) {
    arrival.cool();
    if (waiting.count() > 0) {
      arrival.failed(faults.refusal("Model file " + file.getFileName()));
    } else {
      sleep.until(Optional.of(untilNanos));
    }
  }

  /** Whether it has to stay although nobody asks, so as to know how often it broke down; waits. */
  private boolean remembersFaults() {
    Optional<Long> forgotten = faults.forgotten();
    if (forgotten.isPresent()) {
      sleep.until(forgotten);
    }
    return forgotten.isPresent();
  }

  private void serve() {
    switch (departure.look(loaded, serving)) {
      case Departure.Stay(LongPredicate eligible) -> work(eligible);
      case Departure.Reload _ -> unload();
      case Departure.Leave(Departure.Reason reason) -> {
        places.moves(this);
        end();
        departure.left(reason);
        places.leave(this); // at once: nobody sees its need without its model
      }
    }
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
        sleep.until(Roster.earlier(serving.nextDeadline(), departure.idleUntil(serving)));
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

  private void load() {
    if (!arrival.begin()) {
      return;
    }
    long start = time.nanoTime();
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
      arrival.failed(unusable.getMessage());
    } catch (RuntimeException | Error bug) {
      log.error("model_load_failed").put("file", file.toString()).cause(bug).emit();
      unload();
      arrival.failed("The model could not be loaded; the server's log has the cause.");
    } finally {
      places.moved(this);
    }
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
    departure.forget();
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
