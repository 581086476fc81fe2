package llm.core.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import llm.core.gateway.Edition.Step;
import llm.core.resilience.Faults;
import llm.core.resilience.Guard;
import llm.core.resilience.ProviderResilience;
import llm.domain.error.LlmError;

/** One target on a request's way, and how often it was asked. Guarded by its {@link Tries}. */
final class Leg {
  private final Step step;
  private String provider = ""; // known when it is first asked, as the three below
  private String model = "";
  private Guard guard;
  private ProviderResilience settings;

  private int asked;
  private boolean busy;
  private boolean over;
  private boolean paid;
  private boolean putOff;
  private boolean waits;
  private long notBefore; // nanos; only where it waits
  private String reason = "";

  Leg(Step step) {
    this.step = step;
  }

  Step step() {
    return step;
  }

  String provider() {
    return provider;
  }

  String model() {
    return model;
  }

  Guard guard() {
    return guard;
  }

  ProviderResilience settings() {
    return settings;
  }

  /** Who it is. */
  void meet(String id, String asks, Guard found, ProviderResilience holding) {
    provider = id;
    model = asks;
    guard = found;
    settings = holding;
  }

  /** How often it was asked. */
  int asked() {
    return asked;
  }

  /** Why the last time was in vain, in a word. */
  String reason() {
    return reason;
  }

  /** Whether it may be asked now or later. */
  boolean isLeft() {
    return !over && !busy;
  }

  /** Whether somebody is asking it. */
  boolean isBusy() {
    return busy;
  }

  /** When it may be asked. */
  long readyAt(long now) {
    return waits && notBefore - now > 0 ? notBefore : now;
  }

  /** Whether asking it has to be paid for, and was not yet. */
  boolean isUnpaid() {
    return asked > 0 && !paid;
  }

  void pay() {
    paid = true;
  }

  /** Somebody is about to ask it. */
  void take() {
    busy = true;
    paid = false;
  }

  /** It is asked. */
  void ask() {
    asked++;
  }

  /** Whoever asked it has an answer, or the beginning of one. */
  void release() {
    busy = false;
  }

  /** Whoever asked it wants no answer any more: it is as if nobody had. */
  void forget() {
    busy = false;
    asked = 0;
  }

  /** Others are asked before it, once. */
  void putOff() {
    putOff = true;
  }

  boolean isPutOff() {
    return putOff;
  }

  /** It is not to be asked any more. */
  void giveUp() {
    over = true;
    busy = false;
  }

  /** Asking it was in vain, at {@code now}. */
  void failed(LlmError error, long now) {
    busy = false;
    reason = Faults.reason(error);
    boolean again =
        settings != null
            && asked > 0
            && asked < settings.retry().attempts()
            && Faults.mayPass(error, settings.retry());
    over |= !again;
    var after = Faults.retryAfter(error);
    waits = after.isPresent();
    if (waits) {
      notBefore = now + after.get().toNanos();
      over |= settings == null || after.get().compareTo(settings.retry().longestWait()) > 0;
    }
  }

  /**
   * The targets of one request in their order, and where in a round it is. Guarded by its Tries.
   */
  static final class Row {
    private final List<Leg> legs;
    private int next; // index of the one to look at

    Row(List<Step> steps) {
      this.legs = new ArrayList<>(steps.size());
      steps.forEach(step -> legs.add(new Leg(step)));
    }

    /** The one to look at in this round; empty: it is over. */
    Optional<Leg> next() {
      return hasNext() ? Optional.of(legs.get(next)) : Optional.empty();
    }

    /** Whether there is one to look at in this round. */
    boolean hasNext() {
      return next < legs.size();
    }

    /** Whether there are more behind that one. */
    boolean hasMore() {
      return legs.size() - next > 1;
    }

    /** It was looked at. */
    void pass() {
      next++;
    }

    /** Another round begins. */
    void again() {
      next = 0;
    }

    /**
     * The first one still to be looked at that is such a one; it and those before were looked at.
     */
    Optional<Leg> passTo(Predicate<Leg> wanted) {
      for (int i = next; i < legs.size(); i++) {
        if (wanted.test(legs.get(i))) {
          next = i + 1;
          return Optional.of(legs.get(i));
        }
      }
      return Optional.empty();
    }

    /** It goes behind all others, and is looked at in this round. */
    void putLast(Leg leg) {
      int at = legs.indexOf(leg);
      legs.add(legs.remove(at));
      next -= at < next ? 1 : 0;
    }

    /** Of those that were asked and may be again, the one that may be soonest; empty: none may. */
    Optional<Leg> soonest(long now) {
      Leg soonest = null;
      for (Leg leg : legs) {
        boolean mayBe = leg.isLeft() && leg.asked() > 0;
        if (mayBe && (soonest == null || leg.readyAt(now) - soonest.readyAt(now) < 0)) {
          soonest = leg;
        }
      }
      return Optional.ofNullable(soonest);
    }

    /** Whether one of them is such a one. */
    boolean any(Predicate<Leg> wanted) {
      return legs.stream().anyMatch(wanted);
    }
  }
}
