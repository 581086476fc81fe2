package llm.domain.interaction;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmEvent.LlmInteractionCompleted;
import llm.domain.interaction.LlmEvent.LlmInteractionFailed;
import llm.domain.interaction.LlmEvent.LlmInteractionStarted;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestSent;
import llm.domain.interaction.LlmEvent.LlmResponseProcessed;
import llm.domain.interaction.LlmEvent.LlmResponseReceived;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;

/**
 * The exchange about one request, from start to its good or bad end. A request has one interaction,
 * so the request's id is the interaction's.
 *
 * <p>Each step records its event and throws {@link IllegalStateException} when {@link
 * InteractionStatus} does not allow it. Equal by id. Not thread-safe: it belongs to the one call it
 * was made for.
 */
public final class LlmInteraction {
  private static final double NANOS_PER_MS = 1_000_000.0;

  private final LlmRequestId id;
  private final ModelName asked;
  private final EventLog log;
  private final long startedNanos;
  private long sentNanos;
  private long endedNanos;
  private int attempts;
  private Optional<Upstream> upstream = Optional.empty();
  private Usage usage = Usage.NONE;
  private InteractionStatus status = InteractionStatus.STARTED;

  private LlmInteraction(LlmRequestId id, ModelName asked, EventLog log) {
    this.id = id;
    this.asked = asked;
    this.log = log;
    this.startedNanos = log.nanoTime();
    log.add(new LlmInteractionStarted(log.nextId(), log.now(), id, asked));
  }

  /**
   * Starts the exchange; the request can change no more.
   *
   * @throws IllegalStateException when the request is not validated, or has an interaction already
   */
  public static LlmInteraction start(LlmRequest request) {
    return new LlmInteraction(request.id(), request.chat().model(), request.started());
  }

  /**
   * Starts the exchange about a request for vectors. It is recorded as created with its inputs as
   * messages, and never as validated: there is no answer whose size could be planned.
   */
  public static LlmInteraction start(EmbeddingRequest request, TimeSource time, IdSource ids) {
    var log = new EventLog(time, ids);
    var id = LlmRequestId.create(ids);
    int inputs = request.inputs().size();
    log.add(new LlmRequestCreated(log.nextId(), log.now(), id, request.model(), inputs, 0));
    return new LlmInteraction(id, request.model(), log);
  }

  /** The request goes to a provider, the first time or again. */
  public void markSent(Upstream to) {
    status = status.to(InteractionStatus.SENT);
    upstream = Optional.of(to);
    attempts++;
    sentNanos = log.nanoTime();
    log.add(new LlmRequestSent(log.nextId(), log.now(), id(), to.provider(), to.model(), attempts));
  }

  /** The first event of the answer is here. */
  public void responseReceived() {
    status = status.to(InteractionStatus.RECEIVING);
    Upstream from = upstream.orElseThrow();
    log.add(
        new LlmResponseReceived(
            log.nextId(),
            log.now(),
            id(),
            from.provider(),
            from.model(),
            attempts,
            (log.nanoTime() - sentNanos) / NANOS_PER_MS));
  }

  /** The answer is here as a whole. */
  public void responseProcessed(FinishReason finishReason, Usage taken) {
    status = status.to(InteractionStatus.PROCESSED);
    usage = taken;
    log.add(new LlmResponseProcessed(log.nextId(), log.now(), id(), model(), finishReason, taken));
  }

  /** Ends the exchange well. */
  public void complete() {
    end(InteractionStatus.COMPLETED);
    log.add(
        new LlmInteractionCompleted(
            log.nextId(), log.now(), id(), model(), durationMs(), tokensUsed(), cost()));
  }

  /**
   * Ends the exchange badly; a cancelled call fails with {@link LlmError.Cancelled}.
   *
   * @param taken tokens taken until then, as far as they are known
   */
  public void fail(LlmError error, Usage taken) {
    end(InteractionStatus.FAILED);
    usage = taken;
    log.add(
        new LlmInteractionFailed(
            log.nextId(),
            log.now(),
            id(),
            model(),
            durationMs(),
            tokensUsed(),
            error.code(),
            error.message()));
  }

  /** The request's id. */
  public LlmRequestId id() {
    return id;
  }

  /** How far the exchange is. */
  public InteractionStatus status() {
    return status;
  }

  /** Milliseconds from the start to the end, or to now while it runs. */
  public double durationMs() {
    long until = status.isTerminal() ? endedNanos : log.nanoTime();
    return (until - startedNanos) / NANOS_PER_MS;
  }

  /** Prompt and answer together; 0 until they are known. */
  public int tokensUsed() {
    return usage.totalTokens();
  }

  /**
   * US dollars at the prices of the model asked last; empty before it was sent and where no price
   * is known. What a provider charges for a try that broke off is not in it.
   */
  public OptionalDouble cost() {
    return upstream.isPresent() ? upstream.get().spec().cost(usage) : OptionalDouble.empty();
  }

  /** The events recorded since the last time, the request's among them; each is handed out once. */
  public List<LlmEvent> takeEvents() {
    return log.take();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LlmInteraction that && id().equals(that.id());
  }

  @Override
  public int hashCode() {
    return id().hashCode();
  }

  @Override
  public String toString() {
    return id() + " " + status;
  }

  private ModelName model() {
    return upstream.map(Upstream::model).orElse(asked);
  }

  private void end(InteractionStatus how) {
    status = status.to(how);
    endedNanos = log.nanoTime();
  }
}
