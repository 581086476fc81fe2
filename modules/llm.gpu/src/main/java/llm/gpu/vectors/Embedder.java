package llm.gpu.vectors;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import llm.core.telemetry.Log;
import llm.domain.embedding.Embedding;
import llm.domain.error.LlmError;
import llm.domain.port.TimeSource;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.EmbeddingContext;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;
import llm.gpu.llama.Pooling;
import llm.gpu.schedule.Aside;
import llm.gpu.vectors.TextPlanner.Part;

/**
 * The requests for vectors in work on one loaded model. A step is one decode of several texts,
 * whosever they are, in a context of its own, which is made with the first of them and made anew,
 * larger, for a text that it cannot hold. A failure ends its own request and nothing else.
 *
 * <p>The engine's thread owns it.
 */
public final class Embedder implements AutoCloseable {
  private static final int MOST_JOBS = 64; // in work; others wait in the queue
  private static final int MOST_TEXTS = 64; // of one decode

  private final Model model;
  private final String name;
  private final Limits limits;
  private final Host host;
  private final TimeSource time;
  private final Log log;
  private final TextPlanner planner;
  private EmbeddingContext context; // null while there is none
  private volatile List<Part> inStep = List.of(); // read by native threads
  private volatile int inWork; // written by the owner thread

  /**
   * What it may take.
   *
   * @param longest the most tokens of one text
   * @param batchTokens the most tokens of a decode, unless one text takes more
   * @param threads threads that compute
   */
  public record Limits(int longest, int batchTokens, int threads) {}

  /** Work on the device. */
  @FunctionalInterface
  public interface Work<T> {
    /** Does it. */
    T run() throws LlamaException;
  }

  /** The engine around it. */
  public interface Host {
    /** How a text's vectors become one; throws when the model makes none. */
    Pooling pooling() throws LlamaException;

    /** Runs {@code work} when it is this thread's turn on the device. */
    <T> T exclusively(Work<T> work) throws LlamaException;

    /** Reads long texts. */
    Aside aside();

    /** A request had waited so long. */
    void waited(long nanos);

    /** A decode of so many tokens took so long. */
    void embedded(int tokens, long nanos);

    /** Whether the engine closes. Any thread. */
    boolean isClosing();
  }

  /** No requests yet, and no context. */
  public Embedder(Model model, String name, Limits limits, Host host, TimeSource time, Log log) {
    this.model = model;
    this.name = name;
    this.limits = limits;
    this.host = host;
    this.time = time;
    this.log = log;
    var reader = new TextReader(model.vocabulary(), limits.longest(), host.aside(), log);
    this.planner = new TextPlanner(reader, model.dimensions());
  }

  /** Requests in work. Any thread. */
  public int inWork() {
    return inWork;
  }

  /** Takes requests from the queue as long as there are places. */
  public void admit(EmbeddingQueue queue, Predicate<EmbeddingJob> eligible) {
    planner.dropEnded();
    while (planner.inWork() < MOST_JOBS) {
      Optional<EmbeddingJob> next = queue.poll(eligible);
      if (next.isEmpty()) {
        break;
      }
      host.waited(time.nanoTime() - next.get().queuedNanos());
      planner.add(next.get());
    }
    inWork = planner.inWork();
  }

  /**
   * Reads short texts, or computes some that are read.
   *
   * @param mostTexts of one decode; 1 where answers wait for it
   * @return false when there was nothing to do
   */
  public boolean step(int mostTexts) {
    try {
      return planner.readSome() || compute(Math.min(mostTexts, MOST_TEXTS));
    } catch (RuntimeException bug) {
      log.error("embedding_failed").put("model", name).cause(bug).emit();
      planner.endAll(job -> job.fail(new LlmError.Internal()));
      closeContext(); // its state is not known
      return true;
    } finally {
      inWork = planner.inWork();
    }
  }

  /** Ends every request in work as {@code error}. */
  public void fail(LlmError error) {
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
          host.exclusively(() -> context.embed(parts.stream().map(Part::tokens).toList()));
      if (vectors.isPresent()) {
        int tokens = parts.stream().mapToInt(part -> part.tokens().length).sum();
        host.embedded(tokens, time.nanoTime() - start);
        planner.computed(parts, vectors.get());
      } else {
        planner.giveBack(parts); // all were cancelled, or the engine closes
        planner.dropEnded();
      }
    } catch (LlamaException failure) {
      log.warn("embedding_failed").put("model", name).cause(failure).emit();
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
    return Math.max(Math.min(limits.longest(), Math.max(power, limits.batchTokens())), tokens);
  }

  private void ensureContext(int tokens) throws LlamaException {
    if (context != null && context.batchTokens() >= tokens) {
      return;
    }
    int capacity = capacityFor(tokens);
    closeContext();
    Pooling pooling = host.pooling();
    int sequences = Math.min(capacity, Math.min(MOST_TEXTS, ContextOptions.MAX_SEQUENCES));
    var options = new EmbeddingContext.Options(capacity, sequences, limits.threads(), pooling);
    context = host.exclusively(() -> model.newEmbeddingContext(options));
    context.abortWhen(this::nobodyWaits);
    log.info("embedding_context")
        .put("model", name)
        .put("tokens", capacity)
        .put("dimensions", context.dimensions())
        .put("pooling", pooling.name().toLowerCase(Locale.ROOT))
        .emit();
  }

  private void closeContext() {
    if (context != null) {
      EmbeddingContext gone = context;
      context = null;
      try {
        host.exclusively(() -> {
          gone.close();
          return gone;
        });
      } catch (LlamaException impossible) {
        throw new IllegalStateException(impossible); // closing declines nothing
      }
    }
  }

  /** Asked by native threads. */
  private boolean nobodyWaits() {
    if (host.isClosing()) {
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
