package llm.gpu.vectors;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * A request for vectors: texts in, vectors out. Whoever asks waits in {@link #await}; the engine's
 * thread, or one aside, reads the texts; then it computes them in any grouping and ends the job.
 * Cancelling its call ends it at once, for the caller; the engine finds it over.
 */
public final class EmbeddingJob {
  private final EmbeddingRequest request;
  private final Call call;
  private final long queuedNanos;
  private final CompletableFuture<EmbeddingResult> answer = new CompletableFuture<>();

  private volatile Runnable wake = () -> {};

  // of the owner thread; until they are read, of the one that reads
  private final int[][] texts; // null where not read yet
  private final Embedding[] vectors; // null where not computed yet
  private final ArrayDeque<Integer> pending = new ArrayDeque<>(); // read, not in a decode
  private int read;
  private int missing;
  private long tokens;

  /** A job that waits since {@code queuedNanos}. */
  public EmbeddingJob(EmbeddingRequest request, Call call, long queuedNanos) {
    this.request = request;
    this.call = call;
    this.queuedNanos = queuedNanos;
    int count = request.inputs().size();
    this.texts = new int[count][];
    this.vectors = new Embedding[count];
    this.missing = count;
  }

  /** What is asked. */
  public EmbeddingRequest request() {
    return request;
  }

  /** Whose it is. */
  public Call call() {
    return call;
  }

  /** When it was queued. */
  public long queuedNanos() {
    return queuedNanos;
  }

  /** What to run when the job's owner should look at it; nothing until it is set. */
  public void wakeBy(Runnable action) {
    wake = action;
  }

  /** Lets the owner look at the job. Any thread. */
  void wakeOwner() {
    wake.run();
  }

  /** Whether it has ended, well or not. Any thread. */
  public boolean isOver() {
    return answer.isDone();
  }

  /**
   * Waits for the end; a cancelled call is one.
   *
   * @throws LlmException with why there are no vectors
   */
  public EmbeddingResult await() throws LlmException {
    try (Registration _ =
        call.onCancel(() -> {
          cancel();
          wakeOwner();
        })) {
      return answer.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      fail(new LlmError.Cancelled(CancelReason.SHUTDOWN));
      throw new LlmException(new LlmError.Cancelled(CancelReason.SHUTDOWN), interrupted);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof LlmException refused) {
        throw new LlmException(refused.error(), refused.getCause());
      }
      throw new LlmException(new LlmError.Internal(), failed);
    }
  }

  /** Ends it badly; the first end counts. Any thread. */
  public void fail(LlmError error) {
    answer.completeExceptionally(new LlmException(error));
  }

  /** Ends it as cancelled, by shutdown when its call was not. Any thread. */
  public void cancel() {
    CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
    String operation = "Model '" + request.model() + "'";
    fail(
        reason.isFailure()
            ? new LlmError.DeadlineExceeded(reason, operation, call.deadline().budget())
            : new LlmError.Cancelled(reason));
  }

  /** Characters of all texts; tokens are none. */
  long characters() {
    long characters = 0;
    for (EmbeddingInput input : request.inputs()) {
      characters += input instanceof EmbeddingInput.Text(String text) ? text.length() : 0;
    }
    return characters;
  }

  /** Whether all texts are read. */
  boolean isRead() {
    return read == texts.length;
  }

  /** The first input that is not read. */
  EmbeddingInput nextInput() {
    return request.inputs().get(read);
  }

  /** Which one that is. */
  int nextIndex() {
    return read;
  }

  /** Takes the tokens of the next input; the tokens of all until now. */
  long read(int[] text) {
    pending.add(read);
    texts[read++] = text;
    tokens += text.length;
    return tokens;
  }

  /** Whether a text waits for a decode. */
  boolean hasPending() {
    return !pending.isEmpty();
  }

  /** The tokens of the text whose turn it is. */
  int[] peek() {
    return texts[pending.element()];
  }

  /** Takes that text out; its index. */
  int take() {
    return pending.remove();
  }

  /** Puts a text back, to be the next. */
  void giveBack(int index) {
    pending.addFirst(index);
  }

  /** The vector of a text; the last one ends the job well. */
  void computed(int index, Embedding vector) {
    vectors[index] =
        request.dimensions().isPresent() ? vector.shortened(request.dimensions().get()) : vector;
    if (--missing == 0) {
      int taken = (int) Math.min(Integer.MAX_VALUE, tokens);
      List<Embedding> all = Arrays.asList(vectors);
      answer.complete(new EmbeddingResult(request.model().value(), all, Usage.of(taken, 0)));
    }
  }
}
