package llm.core.idempotency;

import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import llm.core.telemetry.Metrics;

/** What is counted of requests with a key. Thread-safe. */
final class IdempotencyMetrics {
  private final Metrics.Counter outcomes;

  IdempotencyMetrics(
      Metrics metrics, LongSupplier bytes, IntSupplier running, LongSupplier runningBytes) {
    this.outcomes =
        metrics.counter(
            "llm_idempotency_total",
            "Requests with an Idempotency-Key, and answers not kept.",
            "outcome");
    metrics.gauge(
        "llm_idempotency_bytes",
        "Bytes of answers that are kept in memory for their keys.",
        bytes::getAsLong);
    metrics.gauge(
        "llm_idempotency_running", "Answers that are being made for a key.", running::getAsInt);
    metrics.gauge(
        "llm_idempotency_running_bytes",
        "Bytes of answers that are being made for their keys.",
        runningBytes::getAsLong);
  }

  void first() {
    count("first");
  }

  void attached() {
    count("attached");
  }

  void replayed() {
    count("replayed");
  }

  void mismatched() {
    count("mismatch");
  }

  void inFlight() {
    count("in_flight");
  }

  void storeAway() {
    count("store_unavailable");
  }

  void notKept() {
    count("not_kept");
  }

  private void count(String outcome) {
    outcomes.labels(outcome).increment();
  }
}
