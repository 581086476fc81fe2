package llm.gpu.local;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.MemoryStanding;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence;
import llm.domain.model.ModelResidence.Place;
import llm.domain.port.ModelMemory;
import llm.gpu.engine.Engine;
import llm.gpu.engine.EngineStatus;
import llm.gpu.engine.EngineStatus.Activity;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.memory.MemoryBudget;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Residence;
import llm.gpu.nvml.GpuWatch;

/** The models of the catalogue in the engine's memory. Thread-safe. */
final class LocalMemory implements ModelMemory {
  private final ModelCatalogue catalogue;
  private final Engine engine;
  private final boolean warms;
  private final Supplier<GpuWatch.Sight> gpu;

  /**
   * Over the models of {@code catalogue}.
   *
   * @param warms whether {@link #warm} does anything
   * @param gpu what was last seen of the graphics processor
   */
  LocalMemory(
      ModelCatalogue catalogue, Engine engine, boolean warms, Supplier<GpuWatch.Sight> gpu) {
    this.catalogue = catalogue;
    this.engine = engine;
    this.warms = warms;
    this.gpu = gpu;
  }

  @Override
  public Change load(ModelName model, OptionalInt contextTokens) throws LlmException {
    ModelEntry entry = catalogue.require(model.value());
    int trained = entry.header().map(GgufHeader::contextTokens).orElse(0);
    if (contextTokens.isPresent()
        && (contextTokens.getAsInt() < 1 || contextTokens.getAsInt() > trained)) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "context_tokens",
              "context_tokens "
                  + contextTokens.getAsInt()
                  + " must be 1 to "
                  + trained
                  + ", what model '"
                  + model
                  + "' was trained for"));
    }
    try {
      CompletableFuture<Void> loaded = engine.load(entry.file(), contextTokens);
      return call -> await(loaded, "The load of model '" + model + "'", model, call);
    } catch (Residence.Unmet other) {
      throw new LlmException(
          new LlmError.Conflict("Model '" + model + "': " + other.getMessage()), other);
    }
  }

  @Override
  public Change unload(ModelName model) throws LlmException {
    ModelEntry entry =
        catalogue
            .find(model.value())
            .orElseThrow(() -> new LlmException(new LlmError.ModelNotFound(model.value())));
    CompletableFuture<Void> gone = engine.unload(entry.file());
    return call -> await(gone, "The unloading of model '" + model + "'", model, call);
  }

  @Override
  public void warm(ModelName model) {
    if (warms) {
      Thread.startVirtualThread(() -> warmUsable(model)); // the file is looked at first
    }
  }

  private void warmUsable(ModelName model) {
    catalogue
        .find(model.value())
        .filter(ModelEntry::usable)
        .ifPresent(entry -> engine.warm(entry.file()));
  }

  private static void await(
      CompletableFuture<Void> shared, String operation, ModelName model, Call call)
      throws LlmException {
    CompletableFuture<Void> mine = shared.copy(); // ending it ends nobody else's
    try (Registration _ = call.onCancel(() -> mine.cancel(false))) {
      mine.get();
    } catch (CancellationException left) {
      CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
      throw new LlmException(
          reason.isFailure()
              ? new LlmError.DeadlineExceeded(reason, operation, call.deadline().budget())
              : new LlmError.Cancelled(reason),
          left);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new LlmException(new LlmError.Cancelled(CancelReason.SHUTDOWN), interrupted);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof Residence.Unmet why) {
        throw new LlmException(new LlmError.ModelUnavailable(model.value(), why.getMessage()), why);
      }
      throw new LlmException(new LlmError.Internal(), failed);
    }
  }

  @Override
  public Optional<ModelResidence> residence(ModelName model) {
    return catalogue.find(model.value()).map(this::of);
  }

  @Override
  public MemoryStanding standing() {
    List<ModelResidence> models =
        catalogue.list().stream().filter(ModelEntry::usable).map(this::of).toList();
    GpuWatch.Sight seen = gpu.get();
    return new MemoryStanding(
        models,
        engine.memories().stream().map(one -> memory(one, seen)).toList(),
        seen.problem().stream().toList());
  }

  private ModelResidence of(ModelEntry entry) {
    EngineStatus.Standing standing = engine.standing(entry.file());
    Residence.Snapshot now = standing.residence();
    Optional<Activity> activity = standing.activity();
    boolean loaded = now.contextTokens() > 0;
    Optional<ModelNeed> estimate =
        entry.header().map(header -> engine.estimate(entry.file(), header));
    Optional<ModelNeed> need = loaded ? now.need() : estimate;
    return new ModelResidence(
        entry.id(),
        Place.valueOf(now.state().name()),
        now.progress(),
        estimate.map(ModelNeed::total).orElse(0L),
        loaded ? now.need().map(ModelNeed::total).orElse(0L) : 0,
        need.map(taken -> taken.device().total()).orElse(0L),
        need.map(ModelNeed::text).orElse(""),
        now.contextTokens(),
        activity.map(Activity::inWork).orElse(0),
        activity.map(Activity::waiting).orElse(0),
        activity.filter(_ -> loaded).map(Activity::idle).filter(idle -> !idle.isZero()),
        now.failure().or(() -> Optional.of(entry.problem()).filter(text -> !text.isEmpty())));
  }

  private static MemoryStanding.Memory memory(MemoryBudget.Standing standing, GpuWatch.Sight seen) {
    boolean device = standing.kind() == MemoryBudget.Kind.VRAM;
    var card = seen.gpu().filter(_ -> device);
    return new MemoryStanding.Memory(
        standing.kind().name().toLowerCase(Locale.ROOT),
        card.map(GpuWatch.Gpu::name).orElse(standing.reading().name()),
        standing.reading().totalBytes(),
        standing.reading().usedBytes(),
        Math.max(0, standing.freeBytes()),
        card.map(GpuWatch.Gpu::busyPercent).orElse(OptionalInt.empty()),
        card.map(GpuWatch.Gpu::processes).orElse(OptionalInt.empty()),
        card.map(GpuWatch.Gpu::index));
  }
}
