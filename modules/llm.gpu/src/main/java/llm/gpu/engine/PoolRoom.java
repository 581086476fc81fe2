package llm.gpu.engine;

import java.util.Set;
import llm.core.telemetry.Log;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.AdapterSet;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.llama.Context;
import llm.gpu.prefix.Pins;
import llm.gpu.prefix.PrefixCache;
import llm.gpu.prefix.PrefixFiles;
import llm.gpu.prefix.PrefixLimits;
import llm.gpu.prefix.PrefixShelf;
import llm.gpu.prefix.PrefixStore;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.ChunkSize;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.schedule.Pin;

/**
 * The room that requests in work and kept prefixes share in the pool of one model: who comes into
 * it, who is parked or given up for others, and what stays of those who leave. The engine's thread
 * owns it.
 */
final class PoolRoom implements AutoCloseable {
  private final LoadedModel loaded;
  private final EngineSettings settings;
  private final JobQueue queue;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final Log log;
  private final Context context;
  private final PrefixFiles files;
  private final PrefixShelf shelf;
  private final PrefixCache cache;
  private final Pins pins;
  private final ChunkSize chunks;
  private final Roster roster;
  private volatile LoadedStatus status;
  private boolean lost; // what the memory holds is not known
  private boolean roomFreed; // a slot has left since the last one was parked

  /** Whether what a sequence holds is certain. */
  enum Memory {
    VALID,
    LOST
  }

  /**
   * That of {@code loaded}, with nobody in it.
   *
   * @param queue is told how long requests took
   * @param chunks tells how long computing takes
   */
  PoolRoom(
      LoadedModel loaded, JobQueue queue, Serving.Common common, Roster roster, ChunkSize chunks) {
    this.loaded = loaded;
    this.settings = common.settings();
    this.queue = queue;
    this.time = common.time();
    this.metrics = common.metrics();
    this.log = common.log();
    this.context = loaded.context();
    this.chunks = chunks;
    this.roster = roster;
    int pool = context.poolTokens();
    var prefixes = settings.prefixes();
    var limits = new PrefixLimits(prefixes.sequences(), prefixes.tokensIn(pool), pool / 2, pool);
    var store = prefixes.folder().map(folder -> new PrefixStore(folder, prefixes.folderBytes()));
    var saveLimit = settings.closeLimit().dividedBy(2); // the other half is for the rest
    this.files = new PrefixFiles(loaded, store, saveLimit, common.guard(), time, log);
    this.shelf = new PrefixShelf(files.states(), prefixes.shelfBytes(), metrics::takenBack);
    this.cache = new PrefixCache(context, shelf, limits, loaded.model().cutsBack());
    this.pins = new Pins(cache, this::report);
    report();
  }

  /** How it is. Any thread. */
  LoadedStatus status() {
    return status;
  }

  Pins pins() {
    return pins;
  }

  /** Takes back the prefixes that were saved when the model was in memory before. */
  void restore() {
    files.restore(cache);
    report();
  }

  /** Whether the pool has room for a prompt, kept prefixes and {@code given} given up. */
  boolean fits(int[] prompt, Job job, Set<TokenSequence> given) {
    return cache.need(prompt, job.adapters(), given) <= context.poolTokens();
  }

  /** A sequence of {@code prompt}, begun by what is kept of one that begins alike. */
  TokenSequence begin(int[] prompt, AdapterSet adapters) {
    return cache.begin(prompt, adapters);
  }

  /** Lets it in, which was begun here. */
  void enter(Slot slot) {
    roster.add(slot);
    report();
  }

  /**
   * Keeps the prompt that {@code slot} has read, when the pins' share of the pool has room for it
   * and somebody still wants it: whoever takes a pin back before it is there has cancelled its
   * call.
   *
   * @return how the request ends
   */
  StreamEvent.Terminal keep(Pin pin, Slot slot) {
    if (slot.job().cancelled()) {
      return slot.cancelled();
    }
    return pins.add(pin, slot.sequence())
        ? slot.readOnly()
        : new StreamEvent.Failed(
            new LlmError.Conflict(pins.refusal(slot.sequence())), slot.usage());
  }

  /** Ends {@code slot} as {@code terminal}; what it computed is kept where it is worth that. */
  void leave(Slot slot, StreamEvent.Terminal terminal, Memory memory) {
    if (roster.remove(slot)) {
      if (memory == Memory.VALID && isWorthKeeping(slot)) {
        cache.keep(slot.sequence());
      } else {
        cache.drop(slot.sequence());
      }
    }
    roomFreed = true;
    slot.close();
    report();
    long now = time.nanoTime();
    queue.served(now - slot.startNanos());
    if (slot.isFallback()) {
      metrics.fallback();
    }
    EngineReport.ended(log, slot, terminal, now);
    roster.leave(slot, terminal);
  }

  /** Whether computing it again would take longer than a step is slowed by keeping it. */
  private boolean isWorthKeeping(Slot slot) {
    double nanos = chunks.estimate(slot.sequence().computed());
    return nanos == 0
        || nanos >= settings.prefixes().worth().toNanos()
        || slot.job().pin().isPresent();
  }

  /** The pool is full: gives up a kept prefix, or parks a request, or ends the last one. */
  void make() {
    if (cache.evict()) {
      metrics.evicted();
      report();
      return;
    }
    if (roster.slots().size() > 1) {
      park(Roster.lastCome(roster.slots()));
    } else if (!pins.dropOldest()) {
      Slot last = Roster.lastCome(roster.slots());
      leave(last, last.failed("The model's memory has no room for more tokens."), Memory.VALID);
    }
  }

  /** Lets it wait for room; what it computed is kept as long as there is room for that. */
  void park(Slot slot) {
    metrics.parked();
    roster.park(slot);
    cache.keep(slot.park());
    roomFreed = false;
    report();
  }

  /** Lets parked requests go on: when another has left, or nothing else is in work. */
  void resumeParked() {
    for (Slot slot : roster.parked()) {
      if (!roster.slots().isEmpty() && !(roomFreed && fits(slot.tokens(), slot.job(), Set.of()))) {
        return;
      }
      slot.resume(cache.begin(slot.tokens(), slot.adapters()));
      roster.unpark(slot);
      report();
    }
  }

  /** What the memory holds is not known any more: nothing of it is saved. */
  void lose() {
    lost = true;
  }

  /** Saves what is kept, where that is set, and frees what is kept in ordinary memory. */
  @Override
  public void close() {
    if (!lost) {
      files.save(cache);
    }
    shelf.close();
  }

  private void report() {
    status =
        new LoadedStatus(
            loaded.name(),
            roster.inWork(),
            cache.sequencesInUse(),
            cache.keptTokens(),
            cache.pinnedTokens(),
            shelf.tokens(),
            shelf.bytes());
  }
}
