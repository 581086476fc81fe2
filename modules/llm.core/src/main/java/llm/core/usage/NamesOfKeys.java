package llm.core.usage;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import llm.domain.port.TimeSource;

/**
 * Which models of a key are told apart: all that the server lists, and some that it does not. Where
 * a route takes any name, callers can make names up without end; these fill no more of the report
 * than this. Thread-safe.
 */
final class NamesOfKeys {
  /** Names of one key that nobody lists, and that are told apart. */
  static final int MOST_UNLISTED = 100;

  /** How old the list may be: it is made anew for names that come late, not for each of them. */
  private static final long LIST_NANOS = Duration.ofSeconds(5).toNanos();

  private final Supplier<Set<String>> source;
  private final TimeSource time;
  private final Map<String, Set<String>> unlisted = new HashMap<>(); // guarded by this
  private Set<String> listed = Set.of(); // guarded by this
  private long listedNanos; // guarded by this
  private boolean isListed; // guarded by this: once

  /**
   * Nobody has asked for anything.
   *
   * @param source the models that the server lists
   */
  NamesOfKeys(Supplier<Set<String>> source, TimeSource time) {
    this.source = source;
    this.time = time;
  }

  /** Whether {@code model} has a row of its own. */
  synchronized boolean tells(String key, String model) {
    Set<String> names = unlisted.computeIfAbsent(key, _ -> new HashSet<>());
    if (names.contains(model) || listed().contains(model)) {
      return true;
    }
    return names.size() < MOST_UNLISTED && names.add(model);
  }

  /** Forgets all names but {@code used}, by key. */
  synchronized void retain(Map<String, Set<String>> used) {
    unlisted.keySet().retainAll(used.keySet());
    unlisted.forEach((key, names) -> names.retainAll(used.get(key)));
  }

  private Set<String> listed() {
    long now = time.nanoTime();
    if (!isListed || now - listedNanos > LIST_NANOS) {
      listed = source.get();
      listedNanos = now;
      isListed = true;
    }
    return listed;
  }
}
