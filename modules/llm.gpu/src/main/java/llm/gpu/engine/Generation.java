package llm.gpu.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Sampler;
import llm.gpu.llama.Vocabulary;

/**
 * One answer, from prompt to terminal event, on the engine's thread.
 *
 * <ol>
 *   <li>The prompt is made and measured; one that does not fit is refused before anything is
 *       computed.
 *   <li>{@code Started}; the prompt is computed in batches, looking at cancellation between them
 *       and, through the abort callback, within them.
 *   <li>Token by token: sample, turn into text, hold back what may become a stop string, hand over.
 * </ol>
 *
 * <p>Usage counts the prompt's tokens as they were computed, beginning-of-sequence token included,
 * and every token that was generated but the one that ended the generation.
 */
final class Generation {
  private static final int PIECE_BYTES = 256;

  private final Job job;
  private final LoadedModel loaded;
  private final EngineSettings settings;
  private final EngineMetrics metrics;
  private final TimeSource time;
  private final BooleanSupplier closing;
  private final IntSupplier randomSeed;
  private final Utf8Assembler assembler = new Utf8Assembler();
  private final StopMatcher stops;
  private int promptTokens;
  private int completionTokens;

  Generation(
      Job job,
      LoadedModel loaded,
      EngineSettings settings,
      EngineMetrics metrics,
      TimeSource time,
      BooleanSupplier closing,
      IntSupplier randomSeed) {
    this.job = job;
    this.loaded = loaded;
    this.settings = settings;
    this.metrics = metrics;
    this.time = time;
    this.closing = closing;
    this.randomSeed = randomSeed;
    this.stops = new StopMatcher(job.request().sampling().stop());
  }

  /** Runs to the end, which is returned and not yet handed over. */
  StreamEvent.Terminal run() {
    Context context = loaded.context();
    context.abortWhen(this::mustStop);
    try (var sampler = new Sampler(Sampling.of(job.request().sampling(), randomSeed))) {
      int[] prompt = Prompt.tokens(loaded, job.request());
      emit(new StreamEvent.Started(job.request().model().value()));
      context.clear();
      int lastIndex = prefill(prompt);
      return generate(sampler, lastIndex, prompt.length);
    } catch (Ended ended) {
      return ended.terminal;
    } catch (LlmException refused) {
      return new StreamEvent.Failed(refused.error(), usage());
    } catch (LlamaException failure) {
      return failed(failure.getMessage());
    } finally {
      context.abortWhen(() -> false);
    }
  }

  /** Computes the prompt; returns the index in the last batch that has the logits. */
  private int prefill(int[] prompt) throws Ended, LlamaException {
    Batch batch = loaded.batch();
    for (int from = 0; from < prompt.length; from += loaded.context().batchTokens()) {
      int to = Math.min(prompt.length, from + loaded.context().batchTokens());
      batch.clear();
      for (int i = from; i < to; i++) {
        batch.add(prompt[i], i);
      }
      if (to == prompt.length) {
        batch.askForLogits();
      }
      compute(batch);
      promptTokens = to;
      metrics.promptTokens(to - from);
    }
    return batch.size() - 1;
  }

  private StreamEvent.Terminal generate(Sampler sampler, int firstIndex, int start)
      throws Ended, LlamaException {
    Vocabulary vocabulary = loaded.model().vocabulary();
    int room = loaded.context().contextTokens() - start;
    int limit = Math.min(room, job.request().maxTokens().orElse(room));
    int index = firstIndex;
    try (Arena arena = Arena.ofConfined()) {
      var piece = new Piece(vocabulary, arena);
      while (true) {
        int token = sampler.sample(loaded.context(), index);
        if (vocabulary.endsGeneration(token)) {
          return finish(FinishReason.STOP);
        }
        completionTokens++;
        metrics.completionToken();
        emitText(stops.push(assembler.push(piece.bytes(token))));
        if (stops.stopped()) {
          return done(FinishReason.STOP);
        }
        if (completionTokens >= limit) {
          return finish(FinishReason.LENGTH);
        }
        Batch batch = loaded.batch();
        batch.clear();
        batch.add(token, start + completionTokens - 1);
        batch.askForLogits();
        compute(batch);
        index = 0;
      }
    }
  }

  private void compute(Batch batch) throws Ended, LlamaException {
    checkStop();
    switch (loaded.context().decode(batch)) {
      case DONE -> {}
      case ABORTED -> throw new Ended(job.cancellation(usage()));
      case NO_ROOM -> throw new LlamaException("The model's memory has no room for more tokens.");
    }
  }

  /** The answer is over: what was held back is part of it, unless it completes a stop string. */
  private StreamEvent.Terminal finish(FinishReason reason) throws Ended {
    emitText(stops.push(assembler.finish()));
    boolean stopped = stops.stopped();
    emitText(stops.finish());
    return done(stopped ? FinishReason.STOP : reason);
  }

  private StreamEvent.Terminal done(FinishReason reason) {
    return new StreamEvent.Done(reason, usage());
  }

  private void emitText(String text) throws Ended {
    if (!text.isEmpty()) {
      emit(new StreamEvent.TextDelta(text));
    }
  }

  /**
   * Hands an event over. While the consumer's ring is full nobody else can be served, so the wait
   * is bounded; room, cancellation and closing end it.
   */
  private void emit(StreamEvent event) throws Ended {
    if (job.ring().offer(event)) {
      return;
    }
    long until = time.nanoTime() + settings.stallLimit().toNanos();
    while (!job.ring().offer(event)) {
      checkStop();
      long left = until - time.nanoTime();
      if (left <= 0) {
        throw new Ended(stalled(settings.stallLimit()));
      }
      LockSupport.parkNanos(this, left);
    }
  }

  private StreamEvent.Terminal stalled(Duration limit) {
    return failed(
        "The answer was not read for "
            + limit.toSeconds()
            + " s while the model was reserved for it; read the stream faster or raise"
            + " providers.local.stall_seconds.");
  }

  private StreamEvent.Terminal failed(String message) {
    return new StreamEvent.Failed(new LlmError.ProviderFailed("local", message), usage());
  }

  private void checkStop() throws Ended {
    if (mustStop()) {
      throw new Ended(job.cancellation(usage()));
    }
  }

  /** Asked by native threads too. */
  private boolean mustStop() {
    return job.cancelled() || closing.getAsBoolean();
  }

  private Usage usage() {
    return Usage.of(promptTokens, completionTokens);
  }

  /** Leaves the loops with the stream's end. */
  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient StreamEvent.Terminal terminal;

    private Ended(StreamEvent.Terminal terminal) {
      super(null, null, false, false);
      this.terminal = terminal;
    }
  }

  /** The bytes of tokens, through one buffer. */
  private static final class Piece {
    private final Vocabulary vocabulary;
    private final Arena arena;
    private MemorySegment segment;
    private ByteBuffer view;

    private Piece(Vocabulary vocabulary, Arena arena) {
      this.vocabulary = vocabulary;
      this.arena = arena;
      allocate(PIECE_BYTES);
    }

    private ByteBuffer bytes(int token) {
      int count = vocabulary.piece(token, segment);
      if (count < 0) {
        allocate(-count);
        count = vocabulary.piece(token, segment);
      }
      return view.clear().limit(count);
    }

    private void allocate(int bytes) {
      segment = arena.allocate(bytes);
      view = segment.asByteBuffer();
    }
  }
}
