package llm.core.gateway;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import llm.domain.call.Call;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/**
 * The memory that vectors and their answers may take, of all requests together and whatever their
 * providers are. A request takes its part before its provider is asked and gives it back when its
 * call ends, which is when the answer was sent. Thread-safe.
 *
 * <p>How long a model's vectors are is known when a request says it or the model was asked before.
 * Until then they count as {@value #UNKNOWN_DIMENSIONS} numbers, but never as more than there is.
 */
final class EmbeddingMemory {
  /**
   * What a number takes, in bytes: 4 in its vector, about 14 in the answer's text and as much in
   * what is sent; before that, up to 25 in an upstream's answer.
   */
  static final int BYTES_PER_NUMBER = 32;

  /** Few models make longer vectors. */
  static final int UNKNOWN_DIMENSIONS = 4_096;

  private static final int MOST_MODELS = 1_000;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final long limitBytes;
  private final LongConsumer onChange;
  private final Map<ModelName, Integer> widths = new LinkedHashMap<>(); // guarded by this
  private long takenBytes; // guarded by this

  /**
   * Nothing is taken yet.
   *
   * @param onChange is told the bytes that were taken or, negative, given back
   */
  EmbeddingMemory(long limitBytes, LongConsumer onChange) {
    this.limitBytes = limitBytes;
    this.onChange = onChange;
  }

  /**
   * Takes what the answer to {@code request} is going to need, until {@code call} ends.
   *
   * @throws LlmException with {@code Overloaded} when others have taken it, {@code InvalidRequest}
   *     when there never is so much
   */
  synchronized Part take(EmbeddingRequest request, Call call) throws LlmException {
    int inputs = request.inputs().size();
    Integer width = request.dimensions().orElse(widths.get(request.model()));
    var part = new Part(request);
    part.resize(
        width == null
            ? Math.min(limitBytes, bytes(inputs, UNKNOWN_DIMENSIONS))
            : possible(inputs, width));
    call.onEnd(part::giveBack);
    return part;
  }

  /** What one request has taken. */
  final class Part {
    private final EmbeddingRequest request;
    private long bytes; // guarded by the memory
    private boolean over; // guarded by the memory

    private Part(EmbeddingRequest request) {
      this.request = request;
    }

    /**
     * The answer is there; from here on it takes what it really needs.
     *
     * @throws LlmException as {@link #take}
     */
    void made(EmbeddingResult result) throws LlmException {
      synchronized (EmbeddingMemory.this) {
        if (request.dimensions().isEmpty()) {
          remember(request.model(), result.dimensions());
        }
        if (!over) {
          resize(possible(result.vectors().size(), result.dimensions()));
        }
      }
    }

    /** Gives it back before the call's end; idempotent. */
    void giveBack() {
      synchronized (EmbeddingMemory.this) {
        over = true;
        change(-bytes);
      }
    }

    private void resize(long wanted) throws LlmException {
      if (wanted - bytes > limitBytes - takenBytes) {
        throw new LlmException(
            new LlmError.Overloaded(
                "bytes of memory for embeddings (gateway.embedding_bytes)", limitBytes, RETRY));
      }
      change(wanted - bytes);
    }

    private void change(long more) {
      bytes += more;
      takenBytes += more;
      onChange.accept(more);
    }
  }

  private void remember(ModelName model, int width) {
    if (widths.size() == MOST_MODELS && !widths.containsKey(model)) {
      widths.remove(widths.keySet().iterator().next());
    }
    widths.put(model, width);
  }

  private long possible(int inputs, int width) throws LlmException {
    long wanted = bytes(inputs, width);
    if (wanted > limitBytes) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "input",
              "The vectors of "
                  + inputs
                  + " inputs with "
                  + width
                  + " dimensions take "
                  + wanted
                  + " bytes, and there are "
                  + limitBytes
                  + " for all requests; send less at once, or raise gateway.embedding_bytes."));
    }
    return wanted;
  }

  private static long bytes(int inputs, int width) {
    return (long) inputs * width * BYTES_PER_NUMBER;
  }
}
