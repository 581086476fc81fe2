package llm.core.gateway.schema;

import java.util.Optional;
import llm.core.cache.WholeAnswer;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * A stream of which nothing is seen before the whole answer was judged, as long as it comes from
 * somebody who does not take the schema. Of somebody who does, it passes as it comes; where such a
 * one fails before its first word, and another goes on, that one is held back. One consumer thread;
 * {@link #close} from any.
 */
public final class JudgedStream implements EventStream<StreamEvent> {
  /** Who answers. */
  public interface Source {
    /** Whether the one who answers now has to be judged first. */
    boolean isHeldBack();

    /** Its provider's id. */
    String provider();
  }

  private final EventStream<StreamEvent> inner;
  private final Source source;
  private final Judge judge;
  private final Call call;

  private volatile Call own; // of the judge; null: it did not begin
  private volatile boolean closed;

  // of the consumer alone
  private ResultCollector held; // null: nothing is being held back
  private String from; // the model that is told
  private EventStream<StreamEvent> judged; // null: not yet
  private boolean isStarted; // the consumer has that
  private boolean hasText; // the consumer has some
  private boolean ended;

  /** The answer that {@code inner} gives to a request for {@code model}. */
  public JudgedStream(
      EventStream<StreamEvent> inner, Source source, Judge judge, Call call, String model) {
    this.inner = inner;
    this.source = source;
    this.judge = judge;
    this.call = call;
    this.from = model;
  }

  /**
   * Forgets what was held back, because somebody begins anew. Of the thread that pulls alone.
   *
   * @return false when the consumer has seen some of it, or nothing is held back
   */
  public boolean restart() {
    if (held == null) {
      return false;
    }
    held = new ResultCollector(from);
    return true;
  }

  @Override
  public StreamEvent next() throws LlmException {
    if (ended) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    if (judged != null) {
      return told(replayed());
    }
    StreamEvent event = inner.next();
    boolean passes =
        hasText
            || !source.isHeldBack()
            || event instanceof StreamEvent.Failed
            || event instanceof StreamEvent.Cancelled;
    if (passes) {
      return told(event);
    }
    StreamEvent.Terminal failure = hold(event);
    return told(failure == null ? replayed() : failure);
  }

  @Override
  public boolean hasReady() {
    if (judged != null) {
      return !ended;
    }
    return !ended && (hasText || !source.isHeldBack()) && inner.hasReady();
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

  private StreamEvent told(StreamEvent event) {
    isStarted |= event instanceof StreamEvent.Started;
    hasText |= event instanceof StreamEvent.TextDelta;
    ended = event instanceof StreamEvent.Terminal;
    return event;
  }

  private StreamEvent replayed() throws LlmException {
    if (closed) {
      return new StreamEvent.Cancelled(CancelReason.CLOSED, judge.spent());
    }
    StreamEvent event = judged.next();
    return event instanceof StreamEvent.Started && isStarted ? judged.next() : event;
  }

  /** Waits for the end and has it judged; the end, where there is no answer. */
  private StreamEvent.Terminal hold(StreamEvent first) throws LlmException {
    held = new ResultCollector(from);
    StreamEvent event = first;
    while (!(event instanceof StreamEvent.Terminal last)) {
      from = event instanceof StreamEvent.Started(String model) ? model : from;
      held.add(event);
      event = inner.next();
    }
    if (!(last instanceof StreamEvent.Done)) {
      return last;
    }
    own = call.child(call.deadline().budget());
    if (closed) {
      own.cancel(CancelReason.CLOSED);
    }
    try {
      ChatResult answer = judge.judged(held.finish(last), source.provider(), own);
      judged = new WholeAnswer(answer, call);
      return null;
    } catch (LlmException refused) {
      return failed(refused);
    } finally {
      own.end();
    }
  }

  /** A call that was cancelled meanwhile ends as what its reason says. */
  private StreamEvent.Terminal failed(LlmException refused) {
    Usage spent = judge.spent();
    Optional<CancelReason> reason =
        closed ? own.cancelled() : call.cancelled().filter(why -> !why.isFailure());
    return reason
        .<StreamEvent.Terminal>map(why -> new StreamEvent.Cancelled(why, spent))
        .orElse(new StreamEvent.Failed(refused.error(), spent));
  }
}
