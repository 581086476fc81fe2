package llm.core.gateway.schema;

import java.util.Locale;
import llm.core.schema.valid.Violation;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Call;

/** Counts and tells of answers that did not fit their schema. Thread-safe. */
public final class Repairs {
  /** Of the answer's head: how often its model was asked again, where the head was not sent yet. */
  public static final String NOTE = "x-llm-repaired";

  private final Metrics.Counter counter;
  private final Log log;

  /** What came of an answer that did not fit. */
  enum Outcome {
    /** The next one fits. */
    REPAIRED,
    /** The next one does not fit either. */
    UNREPAIRED,
    /** There is no next one that is whole: it was cut, or is none. */
    UNFINISHED,
    /** Nobody was asked again. */
    REFUSED;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Counts in {@code metrics}, and tells in {@code log}. */
  public Repairs(Metrics metrics, Log log) {
    this.counter =
        metrics.counter(
            "llm_schema_misfits_total",
            "Answers that did not fit the schema that was asked for, by what came of them.",
            "provider",
            "outcome");
    this.log = log;
  }

  /** An answer of {@code provider} did not fit; of it nothing is told but where. */
  void tell(String provider, Violation violation, Outcome outcome, Call call) {
    counter.labels(provider, outcome.label()).increment();
    log.warn("schema_misfit")
        .call(call)
        .put("provider", provider)
        .put("outcome", outcome.label())
        .put("keyword", violation.keyword())
        .emit();
    if (outcome == Outcome.REPAIRED) {
      call.note(NOTE, "1");
    }
  }
}
