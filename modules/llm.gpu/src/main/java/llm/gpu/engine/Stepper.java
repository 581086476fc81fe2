package llm.gpu.engine;

import java.util.List;
import java.util.function.BooleanSupplier;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.LoadedAdapters;
import llm.gpu.draft.Drafting;
import llm.gpu.draft.StepCosts;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.LlamaException;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.ChunkSize;
import llm.gpu.schedule.DeviceGuard;
import llm.gpu.schedule.StepPlanner;

/**
 * Computes steps: one {@code llama_decode} of what the plan says. A step that takes long is aborted
 * when nobody waits for any part of it. The engine's thread owns it.
 */
final class Stepper {
  private static final double ABORTABLE_NANOS = 20e6; // shorter steps are not worth the callback

  private final Context context;
  private final LoadedAdapters adapters;
  private final Batch batch;
  private final ChunkSize chunks;
  private final StepCosts costs;
  private final DeviceGuard guard;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final BooleanSupplier closing;
  private volatile List<Slot> inStep = List.of(); // read by native threads

  /** Tells {@code chunks} and {@code costs} what steps take. */
  Stepper(
      LoadedModel loaded,
      ChunkSize chunks,
      StepCosts costs,
      Serving.Common common,
      BooleanSupplier closing) {
    this.context = loaded.context();
    this.adapters = loaded.adapters();
    this.batch = loaded.batch();
    this.chunks = chunks;
    this.costs = costs;
    this.guard = common.guard();
    this.time = common.time();
    this.metrics = common.metrics();
    this.closing = closing;
  }

  /**
   * Computes {@code parts}, all with the same adapters; when that is done, each slot knows where
   * its logits are.
   */
  Context.Outcome compute(List<StepPlanner.Part<Slot>> parts) throws LlamaException {
    batch.clear();
    int[] last = new int[parts.size()];
    for (int i = 0; i < last.length; i++) {
      last[i] = add(parts.get(i));
    }
    inStep = parts.stream().map(StepPlanner.Part::work).toList();
    armAbort(batch.size(), ofPrompts(parts));
    long start = time.nanoTime();
    context.adapt(adapters.uses(parts.getFirst().work().adapters()));
    Context.Outcome outcome = guard.exclusively(() -> context.decode(batch));
    if (outcome == Context.Outcome.DONE) {
      long nanos = time.nanoTime() - start;
      int ofPrompts = ofPrompts(parts);
      int drafted = batch.size() - tokens(parts);
      if (ofPrompts == 0) {
        costs.took(batch.size(), drafted, nanos);
      }
      if (drafted == 0) {
        chunks.took(batch.size(), nanos); // drafts need their logits, which costs more
      }
      metrics.step(batch.size(), ofPrompts, nanos);
      for (int i = 0; i < last.length; i++) {
        parts.get(i).work().computed(parts.get(i).tokens(), last[i]);
      }
    }
    return outcome;
  }

  /** Adds a part and what is drafted behind it; returns the index of the part's last token. */
  private int add(StepPlanner.Part<Slot> part) {
    TokenSequence sequence = part.work().sequence();
    int from = sequence.computed();
    int to = from + part.tokens();
    for (int i = from; i < to; i++) {
      batch.add(sequence.token(i), i, sequence.id());
    }
    if (to < sequence.count()) {
      return batch.size() - 1;
    }
    int last = batch.askForLogits();
    Drafting drafting = part.work().drafting();
    for (int i = 0; i < drafting.count(); i++) {
      batch.add(drafting.token(i), to + i, sequence.id());
      batch.askForLogits();
    }
    return last;
  }

  private static int tokens(List<StepPlanner.Part<Slot>> parts) {
    return parts.stream().mapToInt(StepPlanner.Part::tokens).sum();
  }

  private static int ofPrompts(List<StepPlanner.Part<Slot>> parts) {
    int tokens = 0;
    for (var part : parts) {
      tokens += part.work().streams() ? 0 : part.tokens();
    }
    return tokens;
  }

  private void armAbort(int tokens, int ofPrompts) {
    double nanos = ofPrompts == 0 ? costs.nanos(tokens) : chunks.estimate(tokens);
    boolean unknown = ofPrompts > 0 && nanos == 0;
    if (tokens >= ChunkSize.MIN_TOKENS && (unknown || nanos > ABORTABLE_NANOS)) {
      context.abortWhen(this::nobodyWaits);
    } else {
      context.neverAbort();
    }
  }

  /** Asked by native threads. */
  private boolean nobodyWaits() {
    if (closing.getAsBoolean()) {
      return true;
    }
    for (Slot slot : inStep) {
      if (!slot.job().cancelled()) {
        return false;
      }
    }
    return true;
  }
}
