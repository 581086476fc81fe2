package llm.gpu.memory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.domain.port.TimeSource;

/**
 * Who may have a model in memory: as many as there are places and memory. One who finds neither
 * waits in order, and those used least recently are asked to yield, as many as it takes: each
 * finishes what came before, unloads and leaves, so that none is cut off in its work. One that
 * takes no place needs memory alone, and nobody else leaves for its place. Thread-safe; never
 * blocks: whoever waits is woken and asks again.
 *
 * <p>While a model comes or goes, what is in use shows part of it: nobody is refused, let in or
 * asked to yield then, nor until the memories were looked at since.
 */
public final class Places {
  private final int capacity;
  private final MemoryBudget budget;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Tenant> holders = new ArrayList<>(); // guarded by lock
  private final Map<Tenant, Evicts> waiting = new LinkedHashMap<>(); // guarded by lock
  private final Map<Tenant, Long> yielding = new HashMap<>(); // since when; guarded by lock
  private final Set<Tenant> moving = new HashSet<>(); // models come or go; guarded by lock
  private long movedNanos; // the last time, or the start; guarded by lock

  /** So many places in so much memory. */
  public Places(int capacity, MemoryBudget budget, TimeSource time) {
    this.capacity = capacity;
    this.budget = budget;
    this.time = time;
    this.movedNanos = time.nanoTime();
  }

  /** Whom a load may send away. */
  public enum Evicts {
    /** Nobody: it takes what is free. */
    NONE,
    /** Models that nobody asks just now. */
    IDLE,
    /** All others, once they have answered what came before. */
    OTHERS
  }

  /**
   * Why {@code runner} cannot come in, however long it waits; empty when it can, or while that
   * cannot be told.
   *
   * @param whom whom it may send away for it
   */
  public Optional<String> refusal(Tenant runner, Evicts whom) {
    lock.lock();
    try {
      List<Tenant> others = others(runner);
      List<Tenant> mayGo =
          switch (whom) {
            case NONE -> List.of();
            case IDLE ->
                others.stream().filter(one -> !one.isBusy() || yielding.containsKey(one)).toList();
            case OTHERS -> others;
          };
      List<Tenant> before = before(runner);
      long taken = placesOf(others) - placesOf(mayGo) + placesOf(before);
      if (runner.takesPlace() && taken >= capacity && whom == Evicts.IDLE) {
        return Optional.of(allBusy(runner, others, before));
      }
      if (unsettled(runner)) {
        return Optional.empty();
      }
      return budget.beside(others).refusal(runner.name(), runner.need(), mayGo);
    } finally {
      lock.unlock();
    }
  }

  private String allBusy(Tenant runner, List<Tenant> others, List<Tenant> before) {
    return "Model "
        + runner.name()
        + " has no place: providers.local.loaded_models allows "
        + capacity
        + " in memory, and all are busy"
        + (placesOf(before) == 0 ? ": " : " or awaited by others: ")
        + Stream.concat(others.stream(), before.stream())
            .filter(Tenant::takesPlace)
            .map(Tenant::name)
            .collect(Collectors.joining(", "))
        + "; try again, or unload one.";
  }

  /** What became of a wish to come in that waits for nobody. */
  public enum Entry {
    /** It has its place. */
    ENTERED,
    /** Nothing is free, or others wait. */
    FULL,
    /** It cannot be told just now; it is to ask again soon. */
    UNSETTLED
  }

  /** Takes a place when one is free, and the memory; waits for none. */
  public Entry enterIfFree(Tenant runner) {
    lock.lock();
    try {
      if (isIn(runner)) {
        return Entry.ENTERED;
      }
      if (!waiting.isEmpty()) {
        return Entry.FULL;
      }
      if (unsettled(runner)) {
        return Entry.UNSETTLED;
      }
      if (!hasRoom(runner)) {
        return Entry.FULL;
      }
      hold(runner);
      return Entry.ENTERED;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a place, or waits for one: {@link Tenant#wake} comes when it is time to ask again.
   *
   * @param whom whom it may send away for it
   */
  public boolean enter(Tenant runner, Evicts whom) {
    boolean entered;
    List<Tenant> toWake = new ArrayList<>(2);
    lock.lock();
    try {
      boolean settled = !unsettled(runner);
      boolean first = next().filter(one -> one != runner).isEmpty();
      entered = settled && (isIn(runner) || first && hasRoom(runner));
      if (entered) {
        hold(runner);
      } else if (!holders.contains(runner)) {
        waiting.put(runner, whom);
      }
      if (settled) {
        settle(runner, toWake);
      }
    } finally {
      lock.unlock();
    }
    toWake.forEach(Tenant::wake);
    return entered;
  }

  /** Gives up a place, or the wish for one; its model has gone. */
  public void leave(Tenant runner) {
    List<Tenant> toWake = new ArrayList<>(2);
    lock.lock();
    try {
      holders.remove(runner);
      waiting.remove(runner);
      yielding.remove(runner);
      settleMove(runner);
      if (waiting.isEmpty() || !unsettled(runner)) {
        unask(toWake);
      }
      next().ifPresent(toWake::add);
    } finally {
      lock.unlock();
    }
    toWake.forEach(Tenant::wake);
  }

  /** The model of {@code runner} begins to come, or to go. */
  public void moves(Tenant runner) {
    lock.lock();
    try {
      moving.add(runner);
    } finally {
      lock.unlock();
    }
  }

  /** It has come, or gone, or neither will be. */
  public void moved(Tenant runner) {
    List<Tenant> toWake;
    lock.lock();
    try {
      settleMove(runner);
      toWake = List.copyOf(waiting.keySet());
    } finally {
      lock.unlock();
    }
    toWake.forEach(Tenant::wake);
  }

  /** Whether nothing can be said to {@code runner} just now; it is to ask again soon. */
  public boolean isUnsettled(Tenant runner) {
    lock.lock();
    try {
      return unsettled(runner);
    } finally {
      lock.unlock();
    }
  }

  /** Whether what is known of the memories is not what {@code runner} will find. */
  private boolean unsettled(Tenant runner) {
    return moving.stream().anyMatch(one -> one != runner) || !budget.isSince(movedNanos);
  }

  private void settleMove(Tenant runner) {
    if (moving.remove(runner)) {
      movedNanos = time.nanoTime();
    }
  }

  /** Those whose turn comes before that of {@code runner}; none when it has its place. */
  private List<Tenant> before(Tenant runner) {
    return holders.contains(runner)
        ? List.of()
        : waiting.keySet().stream().takeWhile(one -> one != runner).toList();
  }

  private Optional<Tenant> next() {
    return waiting.keySet().stream().findFirst();
  }

  /** How full the memories are. */
  public List<MemoryBudget.Standing> memories() {
    lock.lock();
    try {
      return budget.standings(holders);
    } finally {
      lock.unlock();
    }
  }

  /** Since when {@code runner} is asked to yield; empty when it is not. */
  public Optional<Long> yieldingSince(Tenant runner) {
    lock.lock();
    try {
      return Optional.ofNullable(yielding.get(runner));
    } finally {
      lock.unlock();
    }
  }

  /** Whether it holds a place, and its model would still fit if it is to be loaded anew. */
  private boolean isIn(Tenant runner) {
    if (!holders.contains(runner)) {
      return false;
    }
    if (runner.isResident() || fits(runner, List.of())) {
      return true;
    }
    holders.remove(runner); // its file has grown: it waits as any other
    yielding.remove(runner);
    return false;
  }

  private void hold(Tenant runner) {
    waiting.remove(runner);
    if (!holders.contains(runner)) {
      holders.add(runner);
    }
  }

  private boolean hasRoom(Tenant runner) {
    return (!runner.takesPlace() || placesOf(holders) < capacity) && fits(runner, List.of());
  }

  private static long placesOf(Collection<Tenant> tenants) {
    return tenants.stream().filter(Tenant::takesPlace).count();
  }

  private boolean fits(Tenant runner, Collection<Tenant> gone) {
    return budget.beside(others(runner)).fits(runner.need(), gone);
  }

  private List<Tenant> others(Tenant runner) {
    return holders.stream().filter(one -> one != runner).toList();
  }

  /** Whoever waits may come in now, or others are asked to yield for it, or no more are. */
  private void settle(Tenant newcomer, List<Tenant> toWake) {
    Optional<Tenant> next = next();
    if (next.isPresent() && hasRoom(next.get())) {
      toWake.add(next.get());
    } else if (next.isPresent()) {
      ask(newcomer, toWake);
    }
    unask(toWake);
  }

  /**
   * Asks idle ones, then, for those that may send busy ones away, those used least recently, to
   * yield, until as many are asked as wait, and the first of those will have the memory. One that
   * has just come in is asked too, where it is the only one: those that wait asked when it was not
   * there.
   */
  private void ask(Tenant newcomer, List<Tenant> toWake) {
    while (!isEnough(yielding.keySet())) {
      boolean mayAskBusy = mayAskBusy();
      boolean forPlaceAlone = fits(next().orElseThrow(), yielding.keySet());
      Optional<Tenant> oldest =
          holders.stream()
              .filter(holder -> !yielding.containsKey(holder))
              .filter(holder -> mayAskBusy || !holder.isBusy())
              .filter(holder -> !forPlaceAlone || holder.takesPlace())
              .min(
                  Comparator.comparing((Tenant holder) -> holder == newcomer)
                      .thenComparing(Tenant::isBusy)
                      .thenComparing((left, right) ->
                          Long.signum(left.lastUseNanos() - right.lastUseNanos())));
      if (oldest.isEmpty()) {
        return;
      }
      yielding.put(oldest.get(), time.nanoTime());
      toWake.add(oldest.get());
    }
  }

  /** Whether a busy one may be asked: one for each that may send it away, all for the first. */
  private boolean mayAskBusy() {
    Tenant next = next().orElseThrow();
    if (waiting.get(next) == Evicts.OTHERS && !fits(next, yielding.keySet())) {
      return true;
    }
    long asking =
        waiting.entrySet().stream()
            .filter(one -> one.getValue() == Evicts.OTHERS && one.getKey().takesPlace())
            .count();
    long asked = placesOf(yielding.keySet().stream().filter(Tenant::isBusy).toList());
    return asked < asking && !placesSuffice(yielding.keySet());
  }

  /**
   * Lets those stay that nobody needs to go any more; they are to be woken, for they may now take
   * requests that came since they were asked.
   */
  private void unask(List<Tenant> toWake) {
    for (Tenant holder : List.copyOf(yielding.keySet())) {
      List<Tenant> rest = yielding.keySet().stream().filter(one -> one != holder).toList();
      if (isEnough(rest)) {
        yielding.remove(holder);
        toWake.add(holder);
      }
    }
  }

  /** Whether those that wait need nobody but {@code gone} to leave. */
  private boolean isEnough(Collection<Tenant> gone) {
    Optional<Tenant> next = next();
    if (next.isEmpty()) {
      return true;
    }
    return placesSuffice(gone) && fits(next.get(), gone);
  }

  private boolean placesSuffice(Collection<Tenant> gone) {
    long free = Math.max(0, capacity - placesOf(holders));
    return placesOf(gone) + free >= placesOf(waiting.keySet());
  }
}
