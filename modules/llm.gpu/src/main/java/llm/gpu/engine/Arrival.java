package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Places;
import llm.gpu.memory.Residence;
import llm.gpu.memory.Tenant;

/**
 * Whether a model that is not in memory may be loaded now: what that takes is found out, place and
 * memory are asked for, and those who wait are told why it is not to be. The owner thread's.
 */
final class Arrival {
  private final Path file;
  private final Tenant runner;
  private final Residence residence;
  private final ModelLoader loader;
  private final Places places;
  private final Waiting waiting;
  private final Serving.Common common;
  private final ModelRunner.Host host;
  private final BooleanSupplier closing;
  private volatile boolean warm;
  private Optional<ModelNeed> need = Optional.empty(); // of the load that is next
  private OptionalInt needContext = OptionalInt.empty(); // what it was estimated for

  /** What is to be done next. */
  enum Turn {
    /** The model has its place: it is to be loaded. */
    LOAD(Duration.ZERO),
    /** The memories are looked at just now. */
    SETTLE(Duration.ofMillis(20)),
    /** Others have the place, or the memory, and may give it back. */
    ASK_AGAIN(Duration.ofSeconds(1)),
    /** Nothing: those who asked were told, or nobody waits. */
    OVER(Duration.ZERO);

    private final Duration pause;

    Turn(Duration pause) {
      this.pause = pause;
    }

    /** Whether {@link Arrival#turn} is to be asked again after {@link #pause}. */
    boolean asksAgain() {
      return !pause.isZero();
    }

    Duration pause() {
      return pause;
    }
  }

  /** That of the model of {@code file}, whose place is that of {@code runner}. */
  Arrival(
      Path file,
      Tenant runner,
      Residence residence,
      ModelLoader loader,
      Places places,
      Waiting waiting,
      Serving.Common common,
      ModelRunner.Host host,
      BooleanSupplier closing) {
    this.file = file;
    this.runner = runner;
    this.residence = residence;
    this.loader = loader;
    this.places = places;
    this.waiting = waiting;
    this.common = common;
    this.host = host;
    this.closing = closing;
  }

  /** It is to come when a place is free. Any thread. */
  void warm() {
    warm = true;
  }

  /** It is to come for those who ask alone. */
  void cool() {
    warm = false;
  }

  /** Whether it is to come although nobody asks it anything. Any thread. */
  boolean isWarming() {
    return warm || residence.isWanted();
  }

  /** Asks for a place and memory; refuses where there cannot be any. */
  Turn turn() {
    Optional<String> unusable = unusable();
    if (unusable.isPresent()) {
      warm = false;
      failed(unusable.get());
      return Turn.OVER;
    }
    Places.Evicts whom =
        waiting.count() > 0
            ? Places.Evicts.OTHERS
            : residence.isWanted() ? Places.Evicts.IDLE : Places.Evicts.NONE;
    if (whom == Places.Evicts.NONE && places.isUnsettled(runner)) {
      return Turn.SETTLE;
    }
    boolean wasWarm = warm;
    warm = false;
    Optional<String> refusal = places.refusal(runner, whom);
    if (refusal.isPresent()) {
      refused(refusal.get(), whom);
      return Turn.OVER;
    }
    if (whom == Places.Evicts.NONE) {
      return switch (places.enterIfFree(runner)) {
        case ENTERED -> Turn.LOAD;
        case FULL -> Turn.OVER;
        case UNSETTLED -> {
          warm |= wasWarm; // since the look above others have begun to move, or to be watched
          yield Turn.SETTLE;
        }
      };
    }
    if (places.enter(runner, whom)) {
      return Turn.LOAD;
    }
    return places.isUnsettled(runner) ? Turn.SETTLE : Turn.ASK_AGAIN;
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
    common
        .log()
        .warn("model_load_refused")
        .put("model", runner.name())
        .put("reason", reason)
        .emit();
    need = Optional.empty();
    places.leave(runner);
    if (whom == Places.Evicts.OTHERS) {
      waiting.failNext(reason);
    }
    if (whom != Places.Evicts.NONE || !residence.isWanted()) {
      residence.failed(reason);
    }
  }

  /**
   * Its load begins; false when another window was asked for meanwhile: what that takes is another
   * question.
   */
  boolean begin() {
    if (!residence.begin(needContext)) {
      return false;
    }
    need = Optional.empty();
    return true;
  }

  /** It cannot come: tells the one whose turn it was; the next one tries again. */
  void failed(String reason) {
    boolean cancelled = residence.isCancelled();
    need = Optional.empty();
    places.leave(runner);
    if (closing.getAsBoolean()) {
      waiting.close();
    } else {
      if (!cancelled) {
        host.failure(Optional.of(reason));
      }
      waiting.failNext(reason);
    }
    while (cancelled && waiting.count() > 0) {
      waiting.failNext(reason); // they would only load it again
    }
    residence.failed(reason);
  }
}
