package llm.gpu.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import llm.domain.call.Principal;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.Job;

/**
 * Who is in work: slots that are computed, those parked for want of room, and those that are done
 * but not yet handed over. The engine's thread owns it.
 */
final class Roster {
  private final EngineSettings settings;
  private final List<Slot> slots = new ArrayList<>(); // in the order they came
  private final List<Slot> parked = new ArrayList<>(); // in the order they were parked
  private final List<Leaving> leaving = new ArrayList<>();

  /** What has ended but is not yet handed over. */
  private record Leaving(Slot slot, StreamEvent.Terminal terminal) {}

  Roster(EngineSettings settings) {
    this.settings = settings;
  }

  /** A copy of those that are computed, in the order they came. */
  List<Slot> slots() {
    return new ArrayList<>(slots);
  }

  /** Those that wait for room: interactive ones first, then in the order they were parked. */
  List<Slot> parked() {
    return parked.stream().sorted(Comparator.comparing(Slot::priority)).toList();
  }

  /** All of them in work. */
  List<Slot> everyone() {
    List<Slot> all = new ArrayList<>(slots);
    all.addAll(parked);
    return all;
  }

  boolean isIdle() {
    return slots.isEmpty() && parked.isEmpty() && leaving.isEmpty();
  }

  /** Requests in work, parked ones included. */
  int inWork() {
    return slots.size() + parked.size();
  }

  void add(Slot slot) {
    slots.add(slot);
  }

  /** Takes a slot out; whether it was computed, and not parked. */
  boolean remove(Slot slot) {
    parked.remove(slot);
    return slots.remove(slot);
  }

  void park(Slot slot) {
    slots.remove(slot);
    parked.add(slot);
  }

  void unpark(Slot slot) {
    parked.remove(slot);
    slots.add(slot);
  }

  /**
   * Whether a job of this priority has a place, and takes the room from none that was parked: one
   * after the other would do that for ever.
   */
  boolean mayCome(Job job) {
    for (Slot slot : parked) {
      if (slot.priority().compareTo(job.priority()) <= 0) {
        return false;
      }
    }
    EngineSettings.Slots places = settings.slots();
    int limit = job.priority() == Priority.INTERACTIVE ? places.interactive() : places.background();
    return count(slots, job.priority()) + count(parked, job.priority()) < limit;
  }

  /** How many a principal has in work, parked ones included. */
  int inWorkOf(Principal principal) {
    return count(slots, principal) + count(parked, principal);
  }

  /**
   * Who has to be parked for a job: nobody, or background ones for one somebody waits for. Empty
   * when it has to wait, because even that would not make room. What is alone always has room, for
   * pinned prefixes are given up for it.
   *
   * @param fits whether there is room for the job when these sequences are given up
   */
  Optional<List<Slot>> inTheWayOf(Job job, Predicate<Set<TokenSequence>> fits) {
    List<Slot> stay = slots();
    List<Slot> parked = new ArrayList<>();
    Set<TokenSequence> given = new HashSet<>();
    while (!stay.isEmpty() && !fits.test(given)) {
      Slot last = lastCome(stay);
      if (job.priority() == Priority.BACKGROUND || last.priority() == Priority.INTERACTIVE) {
        return Optional.empty();
      }
      stay.remove(last);
      parked.add(last);
      given.add(last.sequence());
    }
    return Optional.of(parked);
  }

  /** The one of {@code slots} that came last, background ones before interactive ones. */
  static Slot lastCome(List<Slot> slots) {
    Slot last = slots.getFirst();
    for (Slot slot : slots) {
      boolean later =
          slot.priority() == last.priority()
              ? slot.job().queuedNanos() - last.job().queuedNanos() >= 0
              : slot.priority() == Priority.BACKGROUND;
      last = later ? slot : last;
    }
    return last;
  }

  /** Lets {@code slot}, which is done, end as {@code terminal} once all is handed over. */
  void leave(Slot slot, StreamEvent.Terminal terminal) {
    if (slot.isFlushed() || !(terminal instanceof StreamEvent.Done)) {
      slot.job().end(terminal);
    } else {
      leaving.add(new Leaving(slot, terminal));
    }
  }

  /** Hands over what is left of those that are done. */
  void flushLeaving(long nowNanos) {
    leaving.removeIf(left -> isGone(left, nowNanos));
  }

  /** Ends those that are done, handed over or not. */
  void endLeaving() {
    leaving.forEach(left -> left.slot().job().end(left.terminal()));
    leaving.clear();
  }

  /** When the first consumer that does not read will have had its time; empty when all read. */
  Optional<Long> nextStall() {
    Duration limit = settings.stallLimit();
    Optional<Long> earliest = Optional.empty();
    for (Slot slot : slots) {
      earliest = earlier(earliest, slot.stallsAt(limit));
    }
    for (Slot slot : parked) {
      earliest = earlier(earliest, slot.stallsAt(limit));
    }
    for (Leaving left : leaving) {
      earliest = earlier(earliest, left.slot().stallsAt(limit));
    }
    return earliest;
  }

  /** The earlier of two moments on the monotonic clock. */
  static Optional<Long> earlier(Optional<Long> one, Optional<Long> other) {
    return one.isPresent() && other.isPresent()
        ? Optional.of(one.get() - other.get() < 0 ? one.get() : other.get())
        : one.or(() -> other);
  }

  private boolean isGone(Leaving left, long now) {
    Slot slot = left.slot();
    slot.flush(now);
    if (slot.isFlushed()) {
      slot.job().end(left.terminal());
    } else if (slot.job().cancelled()) {
      slot.job().end(slot.cancelled());
    } else if (slot.hasStalled(settings.stallLimit(), now)) {
      slot.job().end(slot.stalled(settings.stallLimit()));
    } else {
      return false;
    }
    return true;
  }

  private static int count(List<Slot> slots, Principal principal) {
    int count = 0;
    for (Slot slot : slots) {
      count += slot.job().call().principal().equals(principal) ? 1 : 0;
    }
    return count;
  }

  private static int count(List<Slot> slots, Priority priority) {
    int count = 0;
    for (Slot slot : slots) {
      count += slot.priority() == priority ? 1 : 0;
    }
    return count;
  }
}
