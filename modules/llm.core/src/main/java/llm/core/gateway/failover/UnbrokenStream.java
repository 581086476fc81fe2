package llm.core.gateway.failover;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.gateway.schema.AskedSchema;
import llm.core.schema.valid.Violation;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * One answer, whichever targets it takes: where the stream of one fails for a reason of its own,
 * another is asked, and the consumer sees one answer.
 *
 * <ol>
 *   <li>Where there are several targets, {@code Started} is told with the first event behind it, so
 *       that nothing is seen of one that failed before it said anything.
 *   <li>After text, the continuation is joined to it by a {@link Joint}.
 *   <li>After reasoning alone the answer begins anew. Reasoning of a later target is not shown, and
 *       neither is its proof: what was shown, and is proven, is the first one's.
 *   <li>After the beginning of a tool call, or where nobody can go on, the stream fails as its
 *       target did. There is exactly one terminal event.
 * </ol>
 *
 * <p>Usage is that of all targets together. One consumer thread; {@link #close} from any.
 */
public final class UnbrokenStream implements EventStream<StreamEvent> {
  /** Times one answer is taken up again, whatever retries there are. */
  private static final int MOST_RESUMPTIONS = 16;

  /** Who can be asked. */
  public interface Targets {
    /**
     * Tells that the present one failed.
     *
     * @return whether {@link #resume} may help
     */
    boolean failed(LlmError error);

    /** Whether there are several, or there is but one to be asked once more. */
    boolean areSeveral();

    /** The id of the present one. */
    String provider();

    /**
     * Asks for the rest of an answer; blocks until somebody accepts.
     *
     * @param given what the consumer has of it
     * @param spentTokens what it took so far
     * @param own a call for it
     * @throws LlmException when nobody does
     */
    Resumed resume(Given given, int spentTokens, Call own) throws LlmException;
  }

  /** Somebody who goes on; {@code joint} as {@link Resumption} has it. */
  public record Resumed(EventStream<StreamEvent> stream, Optional<Joint> joint) {}

  private final Targets targets;
  private final Call call;
  private final boolean isBound; // to a form
  private final boolean isGrammar;
  private final Optional<AskedSchema> schema;
  private final Given given = new Given();
  private final Deque<StreamEvent> ready = new ArrayDeque<>(4);

  private volatile EventStream<StreamEvent> inner;
  private volatile Call own; // of resumptions; null: there was none
  private volatile boolean closed;

  // of the consumer alone
  private StreamEvent trouble; // pulled, and not dealt with yet; null: none
  private StreamEvent.Started started; // not told yet; null: none came
  private boolean isStartTold;
  private Optional<Joint> joint = Optional.empty();
  private boolean hidesReasoning;
  private boolean ended;
  private Usage spent = Usage.NONE; // by targets that failed
  private int resumptions;

  /** The answer to {@code request}, that {@code first} has accepted to give. */
  public UnbrokenStream(
      EventStream<StreamEvent> first, ChatRequest request, Call call, Targets targets) {
    this.inner = first;
    this.call = call;
    this.targets = targets;
    this.schema = AskedSchema.of(request);
    this.isBound = !(request.form().format() instanceof ResponseFormat.Text);
    this.isGrammar = request.form().format() instanceof ResponseFormat.Grammar;
  }

  @Override
  public StreamEvent next() {
    if (closed && !ended) {
      ready.clear(); // nobody wants it any more
    }
    while (ready.isEmpty()) {
      if (ended) {
        throw new IllegalStateException("the terminal event was already returned");
      }
      StreamEvent event = trouble == null ? pull() : trouble;
      trouble = null;
      take(event);
    }
    return ready.poll();
  }

  /** What another target has to be asked for is not ready. */
  @Override
  public boolean hasReady() {
    while (ready.isEmpty() && !ended && trouble == null && inner.hasReady()) {
      StreamEvent event = pull();
      boolean isTrouble =
          event instanceof StreamEvent.Failed
              || event instanceof StreamEvent.Cancelled
              || event instanceof StreamEvent.RefusalStarted && joint.isPresent();
      if (isTrouble && !closed && call.cancelled().isEmpty()) {
        trouble = event;
      } else {
        take(event);
      }
    }
    return !ready.isEmpty();
  }

  @Override
  public void close() {
    closed = true;
    Call asking = own;
    if (asking != null) {
      asking.cancel(CancelReason.CLOSED);
    }
    inner.close();
  }

  private StreamEvent pull() {
    try {
      return inner.next();
    } catch (LlmException failure) {
      return new StreamEvent.Failed(failure.error(), Usage.NONE);
    }
  }

  private void take(StreamEvent event) {
    switch (event) {
      case StreamEvent.Started begun -> start(begun);
      case StreamEvent.TextDelta delta -> text(delta);
      case StreamEvent.ReasoningDelta _,
          StreamEvent.ReasoningSigned _,
          StreamEvent.ReasoningHidden _ -> {
        if (!hidesReasoning) {
          give(event);
        }
      }
      case StreamEvent.RefusalStarted _ when joint.isPresent() -> refused();
      case StreamEvent.Note note -> give(note);
      case StreamEvent.ToolCallStarted start -> {
        endJoint();
        give(start);
      }
      case StreamEvent.ToolArgumentsDelta delta -> give(delta);
      case StreamEvent.Done done -> done(done);
      case StreamEvent.Failed failed -> failed(failed.error(), failed);
      case StreamEvent.Cancelled cancelled ->
          failed(new LlmError.Cancelled(cancelled.reason()), cancelled);
    }
  }

  private void start(StreamEvent.Started begun) {
    if (!isStartTold && !targets.areSeveral()) {
      isStartTold = true;
      ready.add(begun);
    } else if (!isStartTold) {
      started = begun;
    }
  }

  private void tellStart() {
    if (!isStartTold && started != null) {
      ready.add(started);
    }
    isStartTold = true;
  }

  private void text(StreamEvent.TextDelta delta) {
    if (joint.isEmpty()) {
      give(delta);
      return;
    }
    String fresh = joint.get().next(delta.text());
    if (!fresh.isEmpty()) {
      give(new StreamEvent.TextDelta(fresh, delta.logprobs()));
    }
  }

  private void endJoint() {
    String rest = joint.map(Joint::end).orElse("");
    if (!rest.isEmpty()) {
      give(new StreamEvent.TextDelta(rest));
    }
  }

  private void give(StreamEvent event) {
    tellStart();
    given.add(event);
    ready.add(event);
  }

  /** Who is to go on will not: that is no continuation. */
  private void refused() {
    inner.close();
    String sentence = "Provider '" + targets.provider() + "' would not go on with the answer.";
    var error = new LlmError.ProviderFailed(targets.provider(), sentence);
    failed(error, new StreamEvent.Failed(error, Usage.NONE));
  }

  private void done(StreamEvent.Done done) {
    endJoint();
    if (isBound && joint.isPresent() && done.finishReason() == FinishReason.STOP) {
      Optional<LlmError> misfit = misfit();
      if (misfit.isPresent()) {
        end(new StreamEvent.Failed(misfit.get(), done.usage()));
        return;
      }
    }
    tellStart();
    end(done);
  }

  /** What is wrong with the answer that several have given together. */
  private Optional<LlmError> misfit() {
    if (schema.isPresent() && schema.get().isJudged()) {
      return schema.get().check(given.text()).map(UnbrokenStream::misfit);
    }
    if (isGrammar) {
      return Optional.of(broken("the rest was not held to the grammar"));
    }
    return isWholeJson() ? Optional.empty() : Optional.of(broken("is no JSON together"));
  }

  private static LlmError broken(String why) {
    return new LlmError.InvalidAnswer("", "it was continued by another provider, and " + why);
  }

  private static LlmError misfit(Violation violation) {
    return new LlmError.InvalidAnswer(
        violation.path(), "it was continued by another provider: " + violation.message());
  }

  private boolean isWholeJson() {
    try {
      JsonCursor.document(
          given.text().getBytes(StandardCharsets.UTF_8), in -> Optional.of(in.cut()));
      return true;
    } catch (LlmException _) {
      return false;
    }
  }

  private void failed(LlmError error, StreamEvent.Terminal told) {
    spent = spent.plus(told.usage());
    boolean helps = call.cancelled().isEmpty() && !closed && targets.failed(error);
    if (!helps || resumptions == MOST_RESUMPTIONS) {
      endAs(told);
      return;
    }
    Optional<String> barrier = given.barrier();
    if (barrier.isPresent()) {
      String sentence = error.message() + " " + barrier.get();
      endAs(
          new StreamEvent.Failed(
              new LlmError.ProviderFailed(targets.provider(), sentence), Usage.NONE));
      return;
    }
    resumptions++;
    try {
      resume();
    } catch (LlmException refused) {
      LlmError last = given.isAnything() ? error : refused.error();
      endAs(new StreamEvent.Failed(last, Usage.NONE));
    }
  }

  private void resume() throws LlmException {
    if (own == null) {
      own = call.child(call.deadline().budget());
    }
    if (closed) {
      own.cancel(CancelReason.CLOSED);
    }
    var resumed = targets.resume(given, spent.completionTokens(), own);
    joint = resumed.joint();
    hidesReasoning = given.isAnything();
    inner = resumed.stream();
    if (closed) {
      inner.close();
    }
  }

  /** The end, {@code spent} counted in already. */
  private void endAs(StreamEvent.Terminal last) {
    Usage all = spent;
    spent = Usage.NONE;
    end(
        switch (last) {
          case StreamEvent.Done done -> done.withUsage(all);
          case StreamEvent.Failed failed -> stopped(failed, all);
          case StreamEvent.Cancelled cancelled ->
              new StreamEvent.Cancelled(cancelled.reason(), all);
        });
  }

  /** A call that was cancelled meanwhile ends as what its reason says. */
  private StreamEvent.Terminal stopped(StreamEvent.Failed failed, Usage all) {
    Optional<CancelReason> reason =
        closed && own != null ? own.cancelled() : call.cancelled().filter(why -> !why.isFailure());
    return reason
        .<StreamEvent.Terminal>map(why -> new StreamEvent.Cancelled(why, all))
        .orElse(new StreamEvent.Failed(failed.error(), all));
  }

  private void end(StreamEvent.Terminal last) {
    Usage all = spent.plus(last.usage());
    ended = true;
    ready.add(
        switch (last) {
          case StreamEvent.Done done -> spent.equals(Usage.NONE) ? done : done.withUsage(all);
          case StreamEvent.Failed failed -> new StreamEvent.Failed(failed.error(), all);
          case StreamEvent.Cancelled cancelled ->
              new StreamEvent.Cancelled(cancelled.reason(), all);
        });
    if (own != null) {
      own.end();
    }
  }
}
