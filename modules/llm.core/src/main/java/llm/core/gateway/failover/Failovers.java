package llm.core.gateway.failover;

import java.util.Locale;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.error.LlmError;

/** Counts and tells of answers that a target took up after another one had failed. Thread-safe. */
public final class Failovers {
  /** Of the answer's head: how many there were, where that was not sent yet. */
  public static final String NOTE = "x-llm-failovers";

  private final Metrics.Counter counter;
  private final Log log;

  /** Counts in {@code metrics}, and tells in {@code log}. */
  public Failovers(Metrics metrics, Log log) {
    this.counter =
        metrics.counter(
            "llm_failovers_total",
            "Answers that were taken up after their target had failed in them.",
            "from",
            "to",
            "kind");
    this.log = log;
  }

  /**
   * An answer goes on at {@code to}.
   *
   * @param failure of {@code from}
   * @param count of those of the answer, this one included
   */
  public void tell(
      Answerer from,
      Answerer to,
      LlmError failure,
      Given given,
      Resumption.Kind kind,
      int count,
      Call call) {
    call.note(NOTE, Integer.toString(count));
    counter.labels(from.provider(), to.provider(), kind.label()).increment();
    log.warn("llm_failover")
        .call(call)
        .put("from", from.provider())
        .put("from_model", from.model())
        .put("to", to.provider())
        .put("to_model", to.model())
        .put("kind", kind.name().toLowerCase(Locale.ROOT))
        .put("given_characters", given.text().length())
        .put("error", failure.code().wireName())
        .put("message", failure.message())
        .emit();
  }
}
