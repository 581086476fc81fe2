package llm.core.resilience;

import llm.core.telemetry.Metrics;

/** The series of all guards. */
record GuardMetrics(Metrics.Gauge states, Metrics.Gauge inUse, Metrics.Gauge queued) {
  static GuardMetrics of(Metrics metrics) {
    return new GuardMetrics(
        metrics.gauge(
            "llm_breaker_state",
            "Breakers of providers (model *) and of their models that failed: 0 closed, 1 half"
                + " open, 2 open.",
            "provider",
            "model"),
        metrics.gauge(
            "llm_provider_requests_active", "Requests that are at the provider.", "provider"),
        metrics.gauge(
            "llm_provider_requests_queued",
            "Requests that wait for a place at the provider.",
            "provider"));
  }
}
