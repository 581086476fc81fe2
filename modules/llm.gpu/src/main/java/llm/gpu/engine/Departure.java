package llm.gpu.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import llm.domain.port.TimeSource;
import llm.gpu.memory.Places;
import llm.gpu.memory.Residence;
import llm.gpu.memory.Tenant;

/**
 * When a model that is in memory leaves it, and why: somebody asks for that, another model needs
 * its place, nobody has asked it for long, or its file is another one by now. The owner thread's.
 */
final class Departure {
  private static final Duration LOOK_AT_FILE = Duration.ofSeconds(1);

  private final Tenant runner;
  private final Residence residence;
  private final Places places;
  private final Waiting waiting;
  private final Serving.Common common;
  private final TimeSource time;
  private long lookedNanos; // at the file
  private boolean outdated; // the file is another one than was loaded

  /** What is to be done with the model now. */
  sealed interface Next {}

  /**
   * It goes on.
   *
   * @param eligible whether it takes a request that was queued then
   */
  record Stay(LongPredicate eligible) implements Next {}

  /** It is to be loaded anew. */
  record Reload() implements Next {}

  /** It gives up its place. */
  record Leave(Reason reason) implements Next {}

  /** Why a model gives up its place. */
  enum Reason {
    ASKED,
    EVICTED,
    IDLE
  }

  /** That of the model of {@code runner}. */
  Departure(
      Tenant runner, Residence residence, Places places, Waiting waiting, Serving.Common common) {
    this.runner = runner;
    this.residence = residence;
    this.places = places;
    this.waiting = waiting;
    this.common = common;
    this.time = common.time();
  }

  /** Looks whether it is time; a model in work is let finish what came before. */
  Next look(LoadedModel loaded, Serving serving) {
    boolean asked = residence.unloadSince().isPresent();
    Optional<Long> since = since();
    boolean old = isOutdated(loaded, serving);
    LongPredicate eligible =
        queuedNanos -> !old && (since.isEmpty() || queuedNanos - since.get() <= 0);
    if (since.isPresent() ? serving.isIdle() && !waiting.has(eligible) : isIdleForLong(serving)) {
      Reason unasked = since.isPresent() ? Reason.EVICTED : Reason.IDLE;
      return new Leave(asked ? Reason.ASKED : unasked);
    }
    return old && serving.isIdle() ? new Reload() : new Stay(eligible);
  }

  /** It has given up its place. */
  void left(Reason reason) {
    switch (reason) {
      case ASKED -> common.metrics().unloadedAsked();
      case EVICTED -> common.metrics().unloadedEvicted();
      case IDLE -> common.metrics().unloadedIdle();
    }
  }

  /** The model is not in memory any more. */
  void forget() {
    outdated = false;
  }

  /** When it leaves if nobody asks; empty while somebody does, or has it keep a prompt. */
  Optional<Long> idleUntil(Serving serving) {
    Duration limit = common.settings().memory().idleUnload();
    boolean keeps = serving.scheduler().flatMap(part -> part.pins().nextEnd()).isPresent();
    return limit.isZero() || !serving.isIdle() || waiting.count() > 0 || keeps
        ? Optional.empty()
        : Optional.of(runner.lastUseNanos() + limit.toNanos());
  }

  private boolean isIdleForLong(Serving serving) {
    Optional<Long> until = idleUntil(serving);
    return until.isPresent() && until.get() - time.nanoTime() <= 0;
  }

  /** Since when it is to answer what is there and leave. */
  private Optional<Long> since() {
    OptionalLong asked = residence.unloadSince();
    Optional<Long> yields = places.yieldingSince(runner);
    return asked.isPresent() ? Roster.earlier(yields, Optional.of(asked.getAsLong())) : yields;
  }

  /**
   * Whether the file is another one than was loaded; looks when somebody waits, once in a while.
   */
  private boolean isOutdated(LoadedModel loaded, Serving serving) {
    long now = time.nanoTime();
    boolean look =
        !outdated
            && waiting.count() > 0
            && (serving.isIdle() || now - lookedNanos > LOOK_AT_FILE.toNanos());
    if (look) {
      lookedNanos = now;
      outdated = !ModelLoader.isCurrent(loaded);
    }
    return outdated;
  }
}
