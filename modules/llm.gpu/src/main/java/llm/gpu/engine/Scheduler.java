package llm.gpu.engine;

import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import llm.core.telemetry.Log;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.draft.DraftPlanner;
import llm.gpu.draft.Drafter;
import llm.gpu.draft.Drafting;
import llm.gpu.draft.ModelDrafter;
import llm.gpu.draft.Speculation;
import llm.gpu.draft.StepCosts;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.engine.PoolRoom.Memory;
import llm.gpu.grammar.Grammars;
import llm.gpu.grammar.HeldAnswer;
import llm.gpu.llama.Context;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Sampler;
import llm.gpu.prefix.Pins;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.ChunkSize;
import llm.gpu.schedule.Job;
import llm.gpu.schedule.JobQueue;
import llm.gpu.schedule.StepPlanner;
import llm.gpu.text.Answer;
import llm.gpu.text.Pieces;
import llm.gpu.text.Prompt;
import llm.gpu.text.PromptReader;
import llm.gpu.text.Sampling;
import llm.gpu.text.UnsureAnswer;

/**
 * The requests in work on one loaded model, all computed together: a step is one {@code
 * llama_decode} with a token of every answer that streams and a chunk of the prompts that are being
 * read ({@link StepPlanner}).
 *
 * <ul>
 *   <li>A request is admitted when it has a place and the pool has room for its prompt beside those
 *       in work and the pinned prefixes; background ones are parked for one somebody waits for,
 *       where that makes room enough. What fits no window is refused before anything is computed.
 *   <li>Pool full all the same: kept prefixes are given up, then the request that came last is
 *       parked, background ones first. It goes on later where it was; its text shows nothing of it.
 *   <li>What is drafted behind an answer's token ({@link Drafting}) is computed with it; its
 *       sampler chooses as if it were not there, and what it chooses otherwise is taken out of the
 *       memory.
 *   <li>A consumer that does not read: its request waits while the others go on, at most {@link
 *       EngineSettings#stallLimit()}, then fails.
 *   <li>Cancelled: ended before the next step; a step whose requests are all cancelled is aborted.
 * </ul>
 *
 * <p>The engine's thread owns it.
 */
final class Scheduler implements AutoCloseable {
  private final LoadedModel loaded;
  private final EngineSettings settings;
  private final JobQueue queue;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final Log log;
  private final IntSupplier randomSeed;
  private final Context context;
  private final Stepper stepper;
  private final StepPlanner planner;
  private final DraftPlanner drafts;
  private final PromptReader prompts;
  private final Grammars grammars;
  private final Pieces pieces;
  private final Roster roster;
  private final PoolRoom room;

  /** For {@code loaded}, which generates; its requests come from {@code queue}. */
  Scheduler(LoadedModel loaded, JobQueue queue, Serving.Common common, BooleanSupplier closing) {
    this.loaded = loaded;
    this.settings = common.settings();
    this.queue = queue;
    this.time = common.time();
    this.metrics = common.metrics();
    this.log = common.log();
    this.randomSeed = common.randomSeed();
    this.context = loaded.context();
    var chunks = new ChunkSize(settings.stepTarget(), context.batchTokens());
    this.roster = new Roster(settings);
    this.room = new PoolRoom(loaded, queue, common, roster, chunks);
    int stepTokens = Math.min(context.outputLimit(), context.batchTokens());
    var costs = new StepCosts(stepTokens);
    this.stepper = new Stepper(loaded, chunks, costs, common, closing);
    this.drafts = new DraftPlanner(speculation(), costs, stepTokens, drafter(common));
    this.planner = new StepPlanner(context.batchTokens(), chunks);
    var prompt =
        new Prompt(loaded.model().vocabulary(), loaded.conversations(), loaded.contextTokens());
    this.grammars = new Grammars(loaded.model().vocabulary(), metrics.grammar(), time);
    this.prompts = new PromptReader(prompt, grammars, common.aside(), log);
    this.pieces = new Pieces(loaded.model().vocabulary());
  }

  /** Whether nothing is in work and nothing waits for a consumer. */
  boolean isIdle() {
    return roster.isIdle();
  }

  /** How it is. Any thread. */
  LoadedStatus status() {
    return room.status();
  }

  Pins pins() {
    return room.pins();
  }

  /**
   * Ends what was cancelled or is not read, then takes eligible requests from the queue as long as
   * there are places and room for them.
   *
   * @param eligible which may be taken at all
   */
  void admit(Predicate<Job> eligible) {
    settle();
    room.resumeParked();
    while (true) {
      Optional<Job> next =
          queue.next(eligible.and(prompts::isReadable).and(roster::mayCome), roster::inWorkOf);
      if (next.isEmpty() || !admit(next.get())) {
        return;
      }
    }
  }

  /**
   * Computes one step.
   *
   * @return false when there was nothing to compute
   * @throws LlamaException when llama.cpp declined: what the model's memory holds is not known
   */
  boolean step() throws LlamaException {
    List<StepPlanner.Part<Slot>> parts = List.of();
    Context.Outcome outcome = Context.Outcome.NO_ROOM;
    boolean roomMade = false;
    while (outcome == Context.Outcome.NO_ROOM) {
      parts = planner.plan(roster.slots().stream().filter(Scheduler::isReady).toList());
      if (parts.isEmpty()) {
        return roomMade; // somebody who waits may have it now
      }
      boolean drafted = drafts.plan(parts.stream().map(StepPlanner.Part::work).toList());
      outcome = stepper.compute(parts);
      if (outcome == Context.Outcome.NO_ROOM && drafted) {
        drafts.crowded();
      } else if (outcome == Context.Outcome.NO_ROOM) {
        room.make();
        roomMade = true;
      }
    }
    for (var part : parts) {
      if (outcome == Context.Outcome.ABORTED) {
        room.leave(part.work(), part.work().cancelled(), Memory.LOST);
      } else {
        choose(part.work());
      }
    }
    return true;
  }

  /** When something has to be done although nobody asks: a consumer's or a pin's time is over. */
  Optional<Long> nextDeadline() {
    return Roster.earlier(room.pins().nextEnd(), roster.nextStall());
  }

  /** Takes back the prefixes that were saved when the model was in memory before. */
  void restore() {
    room.restore();
  }

  /** Ends every request as {@code error}: llama.cpp declined or a bug was met. */
  void fail(LlmError error) {
    room.lose();
    for (Slot slot : roster.everyone()) {
      room.leave(slot, new StreamEvent.Failed(error, slot.usage()), Memory.LOST);
    }
    roster.endLeaving();
  }

  /** Ends every request by its own cancellation, and saves what is kept where that is set. */
  @Override
  public void close() {
    for (Slot slot : roster.everyone()) {
      room.leave(slot, slot.cancelled(), Memory.VALID);
    }
    roster.endLeaving();
    room.close();
    grammars.close();
    pieces.close();
  }

  /** Whether to look for another one: false when this one has to wait for room. */
  private boolean admit(Job job) {
    if (job.cancelled()) {
      if (queue.take(job)) {
        job.end(job.cancellation(Usage.NONE)); // quicker than the thread that cancelled
      }
      return true;
    }
    try {
      requireAdapters(job);
      Optional<int[]> read = prompts.of(job);
      if (read.isEmpty()) {
        return true; // it is no longer eligible until it is read
      }
      int[] prompt = read.get();
      if (job.isOnlyCounted()) {
        if (queue.take(job)) {
          job.end(new StreamEvent.Done(FinishReason.STOP, Usage.of(prompt.length, 0)));
        }
        return true;
      }
      Optional<List<Slot>> inTheWay =
          roster.inTheWayOf(job, given -> room.fits(prompt, job, given));
      if (inTheWay.isEmpty()) {
        return false;
      }
      if (queue.take(job)) {
        inTheWay.get().forEach(room::park);
        start(job, prompt);
      }
    } catch (LlmException refused) {
      refuse(job, refused.error());
    } catch (LlamaException failure) {
      refuse(job, new LlmError.ProviderFailed("local", failure.getMessage()));
    } catch (RuntimeException bug) {
      log.error("generation_failed").call(job.call()).cause(bug).emit();
      refuse(job, new LlmError.Internal());
    } catch (Error fault) {
      refuse(job, new LlmError.Internal()); // it may be in neither queue nor slot
      throw fault;
    }
    return true;
  }

  private void requireAdapters(Job job) throws LlmException {
    for (String name : job.adapters().scales().keySet()) {
      Optional<String> problem = loaded.adapters().problem(name);
      if (problem.isPresent()) {
        throw new LlmException(new LlmError.ModelUnavailable(name, problem.get()));
      }
    }
  }

  private void refuse(Job job, LlmError error) {
    queue.take(job);
    job.end(new StreamEvent.Failed(error, Usage.NONE));
  }

  private void start(Job job, int[] prompt) throws LlamaException, LlmException {
    long now = time.nanoTime();
    room.pins().expire(now); // it may have come after the last look at them
    metrics.waited(now - job.queuedNanos());
    var sampling = job.request().sampling();
    var vocabulary = loaded.model().vocabulary();
    Sampling.requireTokens(sampling, vocabulary.size());
    Optional<HeldAnswer> held = held(job);
    var sampler =
        new Sampler(
            Sampling.of(sampling, loaded.sampling(), loaded.contextTokens(), randomSeed),
            vocabulary);
    var reading = job.hold().map(hold -> hold.asked().reading());
    var answer = new Answer(job.request(), loaded.conversations(), reading);
    var drafting = drafts.begin(prompt, prompts.predicted(job), sampling.seed().isPresent());
    var slot =
        new Slot(
            job,
            room.begin(prompt, job.adapters()),
            sampler,
            loaded.contextTokens(),
            now,
            answer,
            drafting,
            held,
            unsure(job));
    metrics.cached(slot.cachedTokens());
    room.enter(slot);
    slot.flush(now);
  }

  private Optional<UnsureAnswer> unsure(Job job) {
    return loaded
        .fallback()
        .filter(fallback -> job.hold().isEmpty() && fallback.isFor(job.request()))
        .map(fallback -> fallback.begin(job.request(), loaded.model().vocabulary()));
  }

  private Optional<HeldAnswer> held(Job job) throws LlmException {
    if (job.hold().isEmpty()) {
      return Optional.empty();
    }
    var reasoning = loaded.conversations().reasoning(job.request());
    return Optional.of(grammars.begin(job.hold().get(), reasoning, job.request()));
  }

  /** Ends what was cancelled or is not read, and hands over what there is room for now. */
  private void settle() {
    long now = time.nanoTime();
    room.pins().expire(now);
    for (Slot slot : roster.everyone()) {
      settle(slot, now);
    }
    roster.flushLeaving(now);
  }

  private void settle(Slot slot, long now) {
    slot.flush(now);
    if (slot.job().cancelled()) {
      room.leave(slot, slot.cancelled(), Memory.VALID);
    } else if (slot.hasStalled(settings.stallLimit(), now)) {
      room.leave(slot, slot.stalled(settings.stallLimit()), Memory.VALID);
    }
  }

  private Optional<Drafter> drafter(Serving.Common common) {
    return loaded
        .draft()
        .model()
        .map(model ->
            new ModelDrafter(
                model, common.guard(), settings.stepTarget(), time, metrics::draftedByModel, log));
  }

  /** What the model's memory allows: a draft that is refuted has to be taken out of it again. */
  private Speculation speculation() {
    return loaded.model().cutsBack() ? settings.speculation() : Speculation.OFF;
  }

  private static boolean isReady(Slot slot) {
    return slot.isFlushed() && slot.remaining() > 0;
  }

  /** Chooses the next token of a slot whose sequence is computed. */
  private void choose(Slot slot) {
    if (slot.output().isEmpty()) {
      return;
    }
    try {
      if (slot.job().pin().isPresent()) {
        room.leave(slot, room.keep(slot.job().pin().get(), slot), Memory.VALID);
        return;
      }
      chooseFrom(slot, slot.output().get()).ifPresent(end -> room.leave(slot, end, Memory.VALID));
    } catch (LlmException refused) { // what is drafted may be in memory still
      room.leave(slot, new StreamEvent.Failed(refused.error(), slot.usage()), Memory.LOST);
    } catch (LlamaException failure) {
      room.leave(slot, slot.failed(failure.getMessage()), Memory.LOST);
    } catch (RuntimeException bug) {
      log.error("generation_failed").call(slot.job().call()).cause(bug).emit();
      room.leave(slot, new StreamEvent.Failed(new LlmError.Internal(), slot.usage()), Memory.LOST);
    }
  }

  /**
   * Chooses the token at {@code index}, and those behind drafted tokens as long as these are what
   * was chosen; all else of the draft is taken out of the memory. How the answer ends, if it does.
   */
  private Optional<StreamEvent.Terminal> chooseFrom(Slot slot, int index)
      throws LlamaException, LlmException {
    Drafting drafting = slot.drafting();
    int kept = 0;
    while (true) {
      int at = index + kept;
      int token = slot.choose(context, at);
      metrics.completionToken();
      boolean confirmed = drafting.confirms(token); // before the answer may end, and tell of it
      var end = slot.take(token, context.logits(at), loaded.model().vocabulary(), pieces);
      slot.flush(time.nanoTime());
      if (!confirmed || end.isPresent() || !slot.isHeard()) {
        forgetRest(slot, kept);
        return end;
      }
      slot.sequence().advance(1);
      kept++;
    }
  }

  /** Takes what was drafted behind the first {@code kept} tokens of the draft out of the memory. */
  private void forgetRest(Slot slot, int kept) throws LlamaException {
    Drafting drafting = slot.drafting();
    int rejected = drafting.count() - drafting.confirmed();
    metrics.drafted(drafting.confirmed(), rejected, drafting.isByModel());
    TokenSequence sequence = slot.sequence();
    if (kept < drafting.count() && !context.cut(sequence.id(), sequence.computed())) {
      throw new LlamaException("The model's memory could not be cut back behind a draft.");
    }
  }
}
