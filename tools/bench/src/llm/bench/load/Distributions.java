package llm.bench.load;

/** Durations of one window; written by one thread. */
public final class Distributions {
  private final Histogram latency = new Histogram();
  private final Histogram firstToken = new Histogram();
  private final Histogram delay = new Histogram();

  /** From a request's first byte to its answer's last. */
  public Histogram latency() {
    return latency;
  }

  /** From a request's first byte to the first token of its answer. */
  public Histogram firstToken() {
    return firstToken;
  }

  /** From a token's sending by the upstream to its reading here; the same machine's clock. */
  public Histogram delay() {
    return delay;
  }

  void add(Distributions other) {
    latency.add(other.latency);
    firstToken.add(other.firstToken);
    delay.add(other.delay);
  }
}
