package llm.gpu.engine;

import java.util.List;
import java.util.function.BooleanSupplier;
import llm.domain.port.TimeSource;
import llm.gpu.adapter.LoadedAdapters;
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
  private final DeviceGuard guard;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final BooleanSupplier closing;
  private volatile List<Slot> inStep = List.of(); // read by native threads

  Stepper(LoadedModel loaded, ChunkSize chunks, Serving.Common common, BooleanSupplier closing) {
    this.context = loaded.context();
    this.adapters = loaded.adapters();
    this.batch = loaded.batch();
    this.chunks = chunks;
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
    armAbort(batch.size());
    long start = time.nanoTime();
    context.adapt(adapters.uses(parts.getFirst().work().adapters()));
    Context.Outcome outcome = guard.exclusively(() -> context.decode(batch));
    if (outcome == Context.Outcome.DONE) {
      long nanos = time.nanoTime() - start;
      chunks.took(batch.size(), nanos);
      metrics.step(batch.size(), ofPrompts(parts), nanos);
      for (int i = 0; i < last.length; i++) {
        parts.get(i).work().computed(parts.get(i).tokens(), last[i]);
      }
    }
    return outcome;
  }

  /** Adds a part; returns the index of its last token. */
  private int add(StepPlanner.Part<Slot> part) {
    TokenSequence sequence = part.work().sequence();
    int from = sequence.computed();
    int to = from + part.tokens();
    for (int i = from; i < to; i++) {
      batch.add(sequence.token(i), i, sequence.id());
    }
    return to == sequence.count() ? batch.askForLogits() : batch.size() - 1;
  }

  private static int ofPrompts(List<StepPlanner.Part<Slot>> parts) {
    int tokens = 0;
    for (var part : parts) {
      tokens += part.work().streams() ? 0 : part.tokens();
    }
    return tokens;
  }

  private void armAbort(int tokens) {
    double nanos = chunks.estimate(tokens);
    if (tokens >= ChunkSize.MIN_TOKENS && (nanos == 0 || nanos > ABORTABLE_NANOS)) {
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
