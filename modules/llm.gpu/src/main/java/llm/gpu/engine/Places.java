package llm.gpu.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import llm.domain.port.TimeSource;

/**
 * Who may have a model in memory. One who finds no place waits in order, and the holder used least
 * recently is asked to yield: it finishes what came before, unloads and leaves. Thread-safe; never
 * blocks: whoever waits is woken and asks again.
 */
final class Places {
  private final int capacity;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<ModelRunner> holders = new ArrayList<>(); // guarded by lock
  private final ArrayDeque<ModelRunner> waiting = new ArrayDeque<>(); // guarded by lock
  private final Map<ModelRunner, Long> yielding = new HashMap<>(); // since when; guarded by lock

  Places(int capacity, TimeSource time) {
    this.capacity = capacity;
    this.time = time;
  }

  /** Takes a place when one is free; waits for none. */
  boolean enterIfFree(ModelRunner runner) {
    lock.lock();
    try {
      if (!holders.contains(runner) && (holders.size() >= capacity || !waiting.isEmpty())) {
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
      entered = holders.contains(runner) || holders.size() < capacity && first;
      if (entered) {
        hold(runner).ifPresent(toWake::add);
      } else if (!waiting.contains(runner)) {
        waiting.add(runner);
      }
      (holders.size() < capacity ? Optional.ofNullable(waiting.peek()) : askOne(runner))
          .ifPresent(toWake::add);
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
      unaskOne().ifPresent(toWake::add);
      Optional.ofNullable(waiting.peek()).ifPresent(toWake::add);
    } finally {
      lock.unlock();
    }
    toWake.forEach(ModelRunner::wake);
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

  /** Whoever may stay now is to be woken. */
  private Optional<ModelRunner> hold(ModelRunner runner) {
    waiting.remove(runner);
    if (!holders.contains(runner)) {
      holders.add(runner);
    }
    return unaskOne();
  }

  /**
   * Lets one stay whose place nobody wants any more; it is to be woken, for it may now take
   * requests that came since it was asked.
   */
  private Optional<ModelRunner> unaskOne() {
    Optional<ModelRunner> stays =
        yielding.size() > waiting.size()
            ? yielding.keySet().stream().findFirst()
            : Optional.empty();
    stays.ifPresent(yielding::remove);
    return stays;
  }

  /**
   * Asks the holder used least recently to yield, unless as many as wait were asked already. One
   * that has just come in is asked too, where it is the only one: those that wait asked when it was
   * not there.
   */
  private Optional<ModelRunner> askOne(ModelRunner newcomer) {
    if (yielding.size() >= waiting.size()) {
      return Optional.empty();
    }
    Optional<ModelRunner> oldest =
        holders.stream()
            .filter(holder -> !yielding.containsKey(holder))
            .min(
                Comparator.comparing((ModelRunner holder) -> holder == newcomer)
                    .thenComparing(
                        (left, right) -> Long.signum(left.lastUseNanos() - right.lastUseNanos())));
    oldest.ifPresent(holder -> yielding.put(holder, time.nanoTime()));
    return oldest;
  }
}
