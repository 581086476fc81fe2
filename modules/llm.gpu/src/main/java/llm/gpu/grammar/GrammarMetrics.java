package llm.gpu.grammar;

import llm.core.telemetry.Metrics;

/** What is counted of answers that are held to a grammar. Thread-safe. */
public final class GrammarMetrics {
  private static final double[] SECONDS = {
    0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5
  };

  private final Metrics.Counter first;
  private final Metrics.Counter second;
  private final Metrics.Counter known;
  private final Metrics.Counter found;
  private final Metrics.Histogram maskSeconds;

  /** Registers them. */
  public GrammarMetrics(Metrics metrics) {
    var tokens =
        metrics.counter(
            "llm_local_grammar_tokens_total",
            "Tokens of answers held to a grammar: the one chosen first, or one in its place.",
            "choice");
    first = tokens.labels("first");
    second = tokens.labels("second");
    var masks =
        metrics.counter(
            "llm_local_grammar_masks_total",
            "Sets of the tokens that a grammar allows, found or known from before.",
            "source");
    known = masks.labels("known");
    found = masks.labels("found");
    maskSeconds =
        metrics.histogram(
            "llm_local_grammar_mask_seconds", "Time in which such a set was found.", SECONDS);
  }

  void first() {
    first.increment();
  }

  void second() {
    second.increment();
  }

  void known() {
    known.increment();
  }

  void found(long nanos) {
    found.increment();
    maskSeconds.observe(nanos / 1e9);
  }
}
