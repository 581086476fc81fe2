package llm.core.idempotency;

import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Answers in memory: so many bytes in all, so many answers of one principal; beyond either the
 * oldest go. Not thread-safe.
 */
final class Shelf {
  private final long mostBytes;
  private final int mostOfOne;
  private final Map<String, KeptAnswer> all = new LinkedHashMap<>(); // oldest first
  private final Map<String, Map<String, KeptAnswer>> byPrincipal = new HashMap<>();
  private long bytes;

  Shelf(long mostBytes, int mostOfOne) {
    this.mostBytes = mostBytes;
    this.mostOfOne = mostOfOne;
  }

  long bytes() {
    return bytes;
  }

  int size() {
    return all.size();
  }

  /** The answer of that id, if it is there and {@code now} is before its end. */
  Optional<KeptAnswer> find(String id, Instant now) {
    KeptAnswer found = all.get(id);
    if (found != null && !found.expires().isAfter(now)) {
      remove(id);
      return Optional.empty();
    }
    return Optional.ofNullable(found);
  }

  /** Puts an answer; whether it stays. */
  boolean put(String id, KeptAnswer answer) {
    remove(id);
    if (answer.cost() > mostBytes) {
      return false; // it would push out everything, itself included
    }
    all.put(id, answer);
    bytes += answer.cost();
    var own = byPrincipal.computeIfAbsent(answer.use().principal(), _ -> new LinkedHashMap<>());
    own.put(id, answer);
    if (own.size() > mostOfOne) {
      remove(own.keySet().iterator().next());
    }
    while (bytes > mostBytes) {
      remove(all.keySet().iterator().next());
    }
    return true;
  }

  /** Removes what is over. */
  void sweep(Instant now) {
    all.entrySet().stream()
        .filter(entry -> !entry.getValue().expires().isAfter(now))
        .map(Map.Entry::getKey)
        .toList()
        .forEach(this::remove);
  }

  private void remove(String id) {
    KeptAnswer gone = all.remove(id);
    if (gone == null) {
      return;
    }
    bytes -= gone.cost();
    String principal = gone.use().principal();
    Map<String, KeptAnswer> own = byPrincipal.get(principal);
    own.remove(id);
    if (own.isEmpty()) {
      byPrincipal.remove(principal);
    }
  }
}
