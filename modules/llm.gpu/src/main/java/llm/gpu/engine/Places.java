package llm.gpu.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import llm.domain.port.TimeSource;
import llm.gpu.memory.MemoryBudget;

/**
 * Who may have a model in memory: as many as there are places and memory. One who finds neither
 * waits in order, and those used least recently are asked to yield, as many as it takes: each
 * finishes what came before, unloads and leaves, so that none is cut off in its work. Thread-safe;
 * never blocks: whoever waits is woken and asks again.
 */
final class Places {
  private final int capacity;
  private final MemoryBudget budget;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<ModelRunner> holders = new ArrayList<>(); // guarded by lock
  private final ArrayDeque<ModelRunner> waiting = new ArrayDeque<>(); // guarded by lock
  private final Map<ModelRunner, Long> yielding = new HashMap<>(); // since when; guarded by lock

  /** So many places, and memory for all. */
  Places(int capacity, TimeSource time) {
    this(capacity, MemoryBudget.unlimited(), time);
  }

  /** So many places in so much memory. */
  Places(int capacity, MemoryBudget budget, TimeSource time) {
    this.capacity = capacity;
    this.budget = budget;
    this.time = time;
  }

  /** Whom a load may send away. */
  enum Evicts {
    /** Nobody: it takes what is free. */
    NONE,
    /** Models that nobody asks just now. */
    IDLE,
    /** All others, once they have answered what came before. */
    OTHERS
  }

  /**
   * Why {@code runner} cannot come in, however long it waits; empty when it can.
   *
   * @param whom whom it may send away for it
   */
  Optional<String> refusal(ModelRunner runner, Evicts whom) {
    lock.lock();
    try {
      List<ModelRunner> others = others(runner);
      List<ModelRunner> mayGo =
          switch (whom) {
            case NONE -> List.of();
            case IDLE ->
                others.stream().filter(one -> !one.isBusy() || yielding.containsKey(one)).toList();
            case OTHERS -> others;
          };
      if (others.size() - mayGo.size() >= capacity && whom == Evicts.IDLE) {
        return Optional.of(allBusy(runner, others));
      }
      return budget.beside(others).refusal(runner.name(), runner.need(), mayGo);
    } finally {
      lock.unlock();
    }
  }

  private static String allBusy(ModelRunner runner, List<ModelRunner> others) {
    return "Model "
        + runner.name()
        + " has no place: providers.local.loaded_models allows "
        + others.size()
        + " in memory, and all are busy: "
        + others.stream().map(ModelRunner::name).collect(Collectors.joining(", "))
        + "; try again, or unload one.";
  }

  /** Takes a place when one is free, and the memory; waits for none. */
  boolean enterIfFree(ModelRunner runner) {
    lock.lock();
    try {
      if (isIn(runner)) {
        return true;
      }
      boolean first = waiting.isEmpty();
      if (!first || !hasRoom(runner)) {
        return false;
      }
      hold(runner);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a place, or waits for one: {@link ModelRunner#wake} comes when it is time to ask again.
   */
  boolean enter(ModelRunner runner) {
    boolean entered;
    List<ModelRunner> toWake = new ArrayList<>(2);
    lock.lock();
    try {
      boolean first = waiting.isEmpty() || waiting.peek() == runner;
      entered = isIn(runner) || first && hasRoom(runner);
      if (entered) {
        hold(runner);
      } else if (!waiting.contains(runner)) {
        waiting.add(runner);
      }
      settle(runner, toWake);
    } finally {
      lock.unlock();
    }
    toWake.forEach(ModelRunner::wake);
    return entered;
  }

  /** Gives up a place, or the wish for one. */
  void leave(ModelRunner runner) {
    List<ModelRunner> toWake = new ArrayList<>(2);
    lock.lock();
    try {
      holders.remove(runner);
      waiting.remove(runner);
      yielding.remove(runner);
      unask(toWake);
      Optional.ofNullable(waiting.peek()).ifPresent(toWake::add);
    } finally {
      lock.unlock();
    }
    toWake.forEach(ModelRunner::wake);
  }

  /** How full the memories are. */
  List<MemoryBudget.Standing> memories() {
    lock.lock();
    try {
      return budget.standings(holders);
    } finally {
      lock.unlock();
    }
  }

  /** Since when {@code runner} is asked to yield; empty when it is not. */
  Optional<Long> yieldingSince(ModelRunner runner) {
    lock.lock();
    try {
      return Optional.ofNullable(yielding.get(runner));
    } finally {
      lock.unlock();
    }
  }

  /** Whether it holds a place, and its model would still fit if it is to be loaded anew. */
  private boolean isIn(ModelRunner runner) {
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

  private void hold(ModelRunner runner) {
    waiting.remove(runner);
    if (!holders.contains(runner)) {
      holders.add(runner);
    }
  }

  private boolean hasRoom(ModelRunner runner) {
    return holders.size() < capacity && fits(runner, List.of());
  }

  private boolean fits(ModelRunner runner, Collection<ModelRunner> gone) {
    return budget.beside(others(runner)).fits(runner.need(), gone);
  }

  private List<ModelRunner> others(ModelRunner runner) {
    return holders.stream().filter(one -> one != runner).toList();
  }

  /** Whoever waits may come in now, or others are asked to yield for it, or no more are. */
  private void settle(ModelRunner newcomer, List<ModelRunner> toWake) {
    ModelRunner next = waiting.peek();
    if (next != null && hasRoom(next)) {
      toWake.add(next);
    } else if (next != null) {
      ask(newcomer, toWake);
    }
    unask(toWake);
  }

  /**
   * Asks idle ones, then those used least recently, to yield, until as many are asked as wait, and
   * the first of those will have the memory. One that has just come in is asked too, where it is
   * the only one: those that wait asked when it was not there.
   */
  private void ask(ModelRunner newcomer, List<ModelRunner> toWake) {
    while (!isEnough(yielding.keySet())) {
      Optional<ModelRunner> oldest =
          holders.stream()
              .filter(holder -> !yielding.containsKey(holder))
              .min(
                  Comparator.comparing((ModelRunner holder) -> holder == newcomer)
                      .thenComparing(ModelRunner::isBusy)
                      .thenComparing((left, right) ->
                          Long.signum(left.lastUseNanos() - right.lastUseNanos())));
      if (oldest.isEmpty()) {
        return;
      }
      yielding.put(oldest.get(), time.nanoTime());
      toWake.add(oldest.get());
    }
  }

  /**
   * Lets those stay that nobody needs to go any more; they are to be woken, for they may now take
   * requests that came since they were asked.
   */
  private void unask(List<ModelRunner> toWake) {
    for (ModelRunner holder : List.copyOf(yielding.keySet())) {
      List<ModelRunner> rest = yielding.keySet().stream().filter(one -> one != holder).toList();
      if (isEnough(rest)) {
        yielding.remove(holder);
        toWake.add(holder);
      }
    }
  }

  /** Whether those that wait need nobody but {@code gone} to leave. */
  private boolean isEnough(Collection<ModelRunner> gone) {
    ModelRunner next = waiting.peek();
    if (next == null) {
      return true;
    }
    int free = Math.max(0, capacity - holders.size());
    return gone.size() + free >= waiting.size() && fits(next, gone);
  }
}
