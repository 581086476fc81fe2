package llm.core.resilience;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;

/** The guards of all providers. They outlive changes of the configuration. Thread-safe. */
public final class Guards {
  private final Map<String, Guard> guards = new ConcurrentHashMap<>();
  private final Set<String> unbroken;
  private final Alarms alarms;
  private final Log log;
  private final GuardMetrics metrics;

  /**
   * Nobody is known yet.
   *
   * @param unbroken ids of providers that have no breakers
   */
  public Guards(Set<String> unbroken, Metrics metrics, Alarms alarms, Log log) {
    this.unbroken = Set.copyOf(unbroken);
    this.metrics = GuardMetrics.of(metrics);
    this.alarms = alarms;
    this.log = log;
  }

  /** The one of the provider {@code id}. */
  public Guard of(String id) {
    Guard known = guards.get(id);
    return known != null ? known : guards.computeIfAbsent(id, this::guard);
  }

  /** What keeps requests from the provider {@code id} now, in words; empty: nothing. */
  public Optional<String> state(String id) {
    return Optional.ofNullable(guards.get(id)).flatMap(Guard::state);
  }

  /** Forgets all but these. Requests that are with others end as they began. */
  public void keep(Set<String> ids) {
    guards.keySet().retainAll(ids);
  }

  private Guard guard(String id) {
    return new Guard(id, !unbroken.contains(id), alarms, log, metrics);
  }
}
