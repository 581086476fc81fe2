package llm.core.trace;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/**
 * The traces of a process and their way to a collector.
 *
 * <ol>
 *   <li>Spans that end go into a queue of {@link TracingSettings#queueSpans} spans or {@link
 *       #QUEUE_BYTES}; beyond, they are dropped and counted in {@code
 *       llm_trace_spans_total{outcome="dropped"}}. Nobody ever waits for room.
 *   <li>One thread sends them in batches.
 *   <li>{@link #close} takes no more and sends what is left, for {@link #FLUSH} at most.
 * </ol>
 *
 * <p>Thread-safe.
 */
public final class Tracing implements Tracer, AutoCloseable {
  /** What may wait in all. */
  public static final int QUEUE_BYTES = 16 * 1024 * 1024;

  /** How long the end waits for what is left. */
  public static final Duration FLUSH = Duration.ofSeconds(2);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private final SpanQueue queue;
  private final Tracer tracer;
  private final Thread sender;
  private final Duration flush;

  private Tracing(SpanQueue queue, Tracer tracer, Thread sender, Duration flush) {
    this.queue = queue;
    this.tracer = tracer;
    this.sender = sender;
    this.flush = flush;
  }

  /**
   * Opens it; the collector is not asked before there are spans.
   *
   * @param version the product's
   */
  public static Tracing open(
      TracingSettings settings,
      Collector collector,
      Telemetry telemetry,
      TimeSource time,
      IdSource ids,
      String version) {
    var opening = new Opening(randomIds(), FIRST_PAUSE, FLUSH, time, ids);
    return open(settings, collector, telemetry, opening, version);
  }

  /** What tests choose themselves. */
  record Opening(
      RandomGenerator random, Duration firstPause, Duration flush, TimeSource time, IdSource ids) {}

  static Tracing open(
      TracingSettings settings,
      Collector collector,
      Telemetry telemetry,
      Opening opening,
      String version) {
    Metrics metrics = telemetry.metrics();
    var spans =
        metrics.counter(
            "llm_trace_spans_total", "Spans that ended, by what became of them.", "outcome");
    var dropped = spans.labels("dropped");
    var queue = new SpanQueue(settings.queueSpans(), QUEUE_BYTES, settings.batchSpans());
    var open = new LongAdder();
    metrics.gauge("llm_trace_spans_open", "Spans that have not ended.", open::sum);
    metrics.gauge("llm_trace_spans_queued", "Spans that wait to be sent.", queue::size);
    var means =
        new RecordedTrace.Means(
            opening.time(),
            opening.random(),
            settings.captureContent(),
            open,
            span -> {
              if (!queue.offer(span)) {
                dropped.increment();
              }
            });
    var sender =
        new SpanSender(
            queue,
            collector,
            new SpanBatch(resource(settings, version, opening.ids()), version),
            new SpanSender.Pace(
                settings.batchSpans(), settings.batchPatience(), opening.firstPause()),
            opening.random(),
            opening.time(),
            telemetry,
            spans);
    var tracer =
        new SampledTracer(settings.sampler(), settings.sampleRatio(), opening.random(), means);
    Thread thread = Thread.ofPlatform().name("llm-trace").daemon().start(sender);
    return new Tracing(queue, tracer, thread, opening.flush());
  }

  /** What is configured comes before what is found out, but the id of this very process. */
  private static Map<String, String> resource(
      TracingSettings settings, String version, IdSource ids) {
    var resource = new LinkedHashMap<String, String>();
    resource.put("service.name", settings.serviceName());
    resource.put("service.version", version);
    resource.put("service.instance.id", ids.next().toString());
    resource.putAll(settings.resourceAttributes());
    settings.ownServiceName().ifPresent(name -> resource.put("service.name", name));
    return resource;
  }

  /**
   * Ids need not be kept from being guessed, only from meeting: the generator of the thread is the
   * fastest, and its numbers are moved apart from those of other processes.
   */
  private static RandomGenerator randomIds() {
    long apart = new SecureRandom().nextLong();
    return () -> ThreadLocalRandom.current().nextLong() ^ apart;
  }

  @Override
  public Span begin(String name, Span.Kind kind, Optional<TraceContext> parent) {
    return tracer.begin(name, kind, parent);
  }

  /** Sends what is left; blocks for {@link #FLUSH} at most. Idempotent. */
  @Override
  public void close() {
    queue.close();
    try {
      if (!sender.join(flush)) {
        sender.interrupt();
      }
    } catch (InterruptedException _) {
      sender.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
