package llm.gpu.engine;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import llm.core.telemetry.Log;
import llm.domain.embedding.Embedding;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.EmbeddingContext;
import llm.gpu.llama.EmbeddingOptions;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Pooling;
import llm.gpu.vectors.EmbeddingJob;
import llm.gpu.vectors.EmbeddingQueue;
import llm.gpu.vectors.TextPlanner;
import llm.gpu.vectors.TextPlanner.Part;

/**
 * The requests for vectors in work on one loaded model. A step is one decode of several texts,
 * whosever they are, in a context of its own, which is made with the first of them and made anew,
 * larger, for a text that it cannot hold. A failure ends its own request and nothing else.
 *
 * <p>The engine's thread owns it.
 */
final class Embedder implements AutoCloseable {
  private static final int MOST_JOBS = 64; // in work; others wait in the queue
  private static final int MOST_TEXTS = 64; // of one decode

  private final LoadedModel loaded;
  private final EngineSettings settings;
  private final DeviceGuard guard;
  private final TimeSource time;
  private final EngineMetrics metrics;
  private final Log log;
  private final BooleanSupplier closing;
  private final int longest;
  private final TextPlanner planner;
  private EmbeddingContext context; // null while there is none
  private volatile List<Part> inStep = List.of(); // read by native threads
  private volatile int inWork; // written by the owner thread

  Embedder(
      LoadedModel loaded,
      EngineSettings settings,
      DeviceGuard guard,
      TimeSource time,
      EngineMetrics metrics,
      Log log,
      BooleanSupplier closing) {
    this.loaded = loaded;
    this.settings = settings;
    this.guard = guard;
    this.time = time;
    this.metrics = metrics;
    this.log = log;
    this.closing = closing;
    var model = loaded.model();
    this.longest = settings.vectors().longestFor(model.trainedContext());
    this.planner = new TextPlanner(model.vocabulary(), longest, model.dimensions());
  }

  /** Requests in work. Any thread. */
  int inWork() {
    return inWork;
  }

  /** Takes requests from the queue as long as there are places. */
  void admit(EmbeddingQueue queue, Predicate<EmbeddingJob> eligible) {
    planner.dropEnded();
    while (planner.inWork() < MOST_JOBS) {
      Optional<EmbeddingJob> next = queue.poll(eligible);
      if (next.isEmpty()) {
        break;
      }
      metrics.waited(time.nanoTime() - next.get().queuedNanos());
      planner.add(next.get());
    }
    inWork = planner.inWork();
  }

  /**
   * Reads some texts, or computes some.
   *
   * @param mostTexts of one decode; 1 where answers wait for it
   * @return false when there was nothing to do
   */
  boolean step(int mostTexts) {
    try {
      return planner.readSome() || compute(Math.min(mostTexts, MOST_TEXTS));
    } catch (RuntimeException bug) {
      log.error("embedding_failed").put("model", loaded.name()).cause(bug).emit();
      planner.endAll(job -> job.fail(new LlmError.Internal()));
      closeContext(); // its state is not known
      return true;
    } finally {
      inWork = planner.inWork();
    }
  }

  /** Ends every request in work as {@code error}. */
  void fail(LlmError error) {
    planner.endAll(job -> job.fail(error));
    inWork = planner.inWork();
  }

  /** Ends what is left as cancelled. */
  @Override
  public void close() {
    planner.endAll(EmbeddingJob::cancel);
    inWork = planner.inWork();
    closeContext();
  }

  private boolean compute(int mostTexts) {
    List<Part> parts = planner.next(mostTexts, this::capacityFor);
    if (parts.isEmpty()) {
      return false;
    }
    try {
      ensureContext(parts.getFirst().tokens().length);
      inStep = parts;
      long start = time.nanoTime();
      Optional<List<Embedding>> vectors =
          guard.exclusively(() -> context.embed(parts.stream().map(Part::tokens).toList()));
      if (vectors.isPresent()) {
        int tokens = parts.stream().mapToInt(part -> part.tokens().length).sum();
        metrics.embedded(tokens, time.nanoTime() - start);
        planner.computed(parts, vectors.get());
      } else {
        planner.giveBack(parts); // all were cancelled, or the engine closes
        planner.dropEnded();
      }
    } catch (LlamaException failure) {
      log.warn("embedding_failed").put("model", loaded.name()).cause(failure).emit();
      planner.failed(parts, new LlmError.ProviderFailed("local", failure.getMessage()));
    } finally {
      inStep = List.of();
    }
    return true;
  }

  /** The most tokens of a decode whose first text has so many. */
  private int capacityFor(int tokens) {
    if (context != null && context.batchTokens() >= tokens) {
      return context.batchTokens();
    }
    int power = Integer.highestOneBit(Math.max(1, tokens - 1)) * 2;
    return Math.max(Math.min(longest, Math.max(power, settings.batchTokens())), tokens);
  }

  private void ensureContext(int tokens) throws LlamaException {
    if (context != null && context.batchTokens() >= tokens) {
      return;
    }
    int capacity = capacityFor(tokens);
    closeContext();
    Pooling pooling = loaded.pooling(settings.vectors());
    int sequences = Math.min(capacity, Math.min(MOST_TEXTS, ContextOptions.MAX_SEQUENCES));
    var options = new EmbeddingOptions(capacity, sequences, settings.threads(), pooling);
    context = guard.exclusively(() -> loaded.model().newEmbeddingContext(options));
    context.abortWhen(this::nobodyWaits);
    log.info("embedding_context")
        .put("model", loaded.name())
        .put("tokens", capacity)
        .put("dimensions", context.dimensions())
        .put("pooling", pooling.name().toLowerCase(Locale.ROOT))
        .emit();
  }

  private void closeContext() {
    if (context != null) {
      EmbeddingContext gone = context;
      context = null;
      guard.exclusively(() -> {
        gone.close();
        return gone;
      });
    }
  }

  /** Asked by native threads. */
  private boolean nobodyWaits() {
    if (closing.getAsBoolean()) {
      return true;
    }
    for (Part part : inStep) {
      if (!part.job().isOver()) {
        return false;
      }
    }
    return true;
  }
}
