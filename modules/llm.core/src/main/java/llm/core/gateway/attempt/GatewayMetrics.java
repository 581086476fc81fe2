package llm.core.gateway.attempt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.telemetry.Metrics;
import llm.domain.chat.Usage;

/** The gateway's metrics (O-2). Models are labels, so there is a bound on them. */
public final class GatewayMetrics {
  /** Models that have series of their own; the bound is not exact when many come at once. */
  public static final int MOST_MODELS = 1_000;

  /** What stands for the models beyond. */
  public static final String OTHERS = "(other)";

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double[] DURATION_BOUNDS = doubling(0.01, 14); // 0.01 to 81.92 seconds
  private static final double[] FIRST_TOKEN_BOUNDS = {
    .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10
  };

  private final Metrics.Counter requests;
  private final Metrics.Histogram durations;
  private final Metrics.Histogram firstTokens;
  private final Metrics.Counter tokens;
  private final Metrics.Gauge tokensPerSecond;
  private final Metrics.Gauge active;
  private final Metrics.Gauge warmPrefixes;
  private final Metrics.Gauge embeddingBytes;
  private final Map<String, OfModel> models = new ConcurrentHashMap<>();

  /** How a request ended, as the label {@code status} says it. */
  public enum Status {
    SUCCESS("success"),
    ERROR("error"),
    CANCELLED("cancelled");

    private final String label;

    Status(String label) {
      this.label = label;
    }

    /** The label's value. */
    public String label() {
      return label;
    }
  }

  public GatewayMetrics(Metrics metrics) {
    requests = metrics.counter("llm_requests_total", "Requests to models.", "model", "status");
    durations =
        metrics.histogram(
            "llm_request_duration_seconds",
            "From the request to the end of its answer.",
            DURATION_BOUNDS,
            "model",
            "status");
    firstTokens =
        metrics.histogram(
            "llm_time_to_first_token_seconds",
            "From the request to the first token of any kind.",
            FIRST_TOKEN_BOUNDS,
            "model");
    tokens = metrics.counter("llm_tokens_total", "Tokens taken.", "model", "kind");
    tokensPerSecond =
        metrics.gauge(
            "llm_proxy_tokens_per_second",
            "Tokens per second of the last answer, first token to end.",
            "model");
    active = metrics.gauge("llm_streams_active", "Answers that are being streamed.");
    warmPrefixes = metrics.gauge("llm_warm_prefixes", "Prefixes of prompts that are kept warm.");
    embeddingBytes =
        metrics.gauge(
            "llm_embedding_bytes",
            "Memory for answers of embeddings under way, as gateway.embedding_bytes counts it.");
  }

  /** A stream began. */
  public void streamBegan() {
    active.add(1);
  }

  /** A stream ended. */
  public void streamEnded() {
    active.add(-1);
  }

  /** So much more memory is taken for embeddings. */
  public void embeddingBytes(long more) {
    embeddingBytes.add(more);
  }

  /** So many more prefixes are kept warm. */
  public void warmPrefixes(int more) {
    warmPrefixes.add(more);
  }

  /**
   * The series of one model. Some providers take any id, so there are at most {@link #MOST_MODELS}
   * of them, and one more for all others.
   */
  public OfModel of(String model) {
    OfModel known = models.get(model);
    if (known != null) {
      return known;
    }
    String label = models.size() < MOST_MODELS ? model : OTHERS;
    return models.computeIfAbsent(label, OfModel::new);
  }

  /** The series of one model, found once. */
  public final class OfModel {
    private final Metrics.Counter[] requestsBy = new Metrics.Counter[Status.values().length];
    private final Metrics.Histogram[] durationsBy = new Metrics.Histogram[Status.values().length];
    private final Metrics.Histogram firstToken;
    private final Metrics.Counter promptTokens;
    private final Metrics.Counter completionTokens;
    private final Metrics.Counter cachedTokens;
    private final Metrics.Gauge speed;

    private OfModel(String model) {
      for (Status status : Status.values()) {
        requestsBy[status.ordinal()] = requests.labels(model, status.label());
        durationsBy[status.ordinal()] = durations.labels(model, status.label());
      }
      firstToken = firstTokens.labels(model);
      promptTokens = tokens.labels(model, "prompt");
      completionTokens = tokens.labels(model, "completion");
      cachedTokens = tokens.labels(model, "cached");
      speed = tokensPerSecond.labels(model);
    }

    void firstToken(long nanos) {
      firstToken.observe(nanos / NANOS_PER_SECOND);
    }

    void ended(Status status, long nanos, Usage usage) {
      requestsBy[status.ordinal()].increment();
      durationsBy[status.ordinal()].observe(nanos / NANOS_PER_SECOND);
      promptTokens.add(usage.promptTokens());
      completionTokens.add(usage.completionTokens());
      cachedTokens.add(usage.cachedTokens());
    }

    void speed(double tokensPerSecond) {
      speed.set(tokensPerSecond);
    }
  }

  private static double[] doubling(double first, int count) {
    double[] bounds = new double[count];
    for (int index = 0; index < count; index++) {
      bounds[index] = first * (1 << index);
    }
    return bounds;
  }
}
