package llm.gpu.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
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
    Optional<ModelRunner> asked;
    lock.lock();
    try {
      boolean first = waiting.isEmpty() || waiting.peek() == runner;
      if (holders.contains(runner) || holders.size() < capacity && first) {
        hold(runner);
        return true;
      }
      if (!waiting.contains(runner)) {
        waiting.add(runner);
      }
      asked = askOne();
    } finally {
      lock.unlock();
    }
    asked.ifPresent(ModelRunner::wake);
    return false;
  }

  /** Gives up a place, or the wish for one. */
  void leave(ModelRunner runner) {
    ModelRunner next;
    lock.lock();
    try {
      holders.remove(runner);
      waiting.remove(runner);
      yielding.remove(runner);
      if (yielding.size() > waiting.size()) {
        yielding.remove(yielding.keySet().iterator().next()); // nobody wants its place any more
      }
      next = waiting.peek();
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.wake();
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

  private void hold(ModelRunner runner) {
    waiting.remove(runner);
    if (!holders.contains(runner)) {
      holders.add(runner);
    }
  }

  /** Asks the holder used least recently to yield, unless as many as wait were asked already. */
  private Optional<ModelRunner> askOne() {
    if (yielding.size() >= waiting.size()) {
      return Optional.empty();
    }
    Optional<ModelRunner> oldest =
        holders.stream()
            .filter(holder -> !yielding.containsKey(holder))
            .min((left, right) -> Long.signum(left.lastUseNanos() - right.lastUseNanos()));
    oldest.ifPresent(holder -> yielding.put(holder, time.nanoTime()));
    return oldest;
  }
}
