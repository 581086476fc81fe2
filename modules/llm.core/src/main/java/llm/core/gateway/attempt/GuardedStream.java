package llm.core.gateway.attempt;

import java.util.concurrent.atomic.AtomicReference;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * A provider's stream behind a guard: whatever the provider does, the consumer sees the contract of
 * {@link EventStream}.
 *
 * <ol>
 *   <li>Events come in their order ({@link EventOrder}), and the last one is the only terminal one.
 *   <li>A provider that throws, or ends against the rules, ends as failed.
 *   <li>A cancelled call ends as what its reason says, however the provider put it; one that goes
 *       on after it is cut off.
 *   <li>Closed early, the stream ends as cancelled, and its account is closed too. The provider's
 *       own end, which is still to come then, is not waited for: usage is what was counted here.
 * </ol>
 */
public final class GuardedStream implements EventStream<StreamEvent> {
  /** Events a provider may still give after its call was cancelled. */
  public static final int MOST_AFTER_CANCEL = 64;

  private enum State {
    RESTING, // no one is in next()
    PULLING, // the consumer is
    CLOSING, // the consumer is, and the stream was closed meanwhile: the consumer ends it
    ENDED
  }

  private final EventStream<StreamEvent> inner;
  private final Call call; // the stream's own, a child of the caller's
  private final SilenceLimit limit;
  private final EventOrder order;
  private final RequestAccount account;
  private final String operation;
  private final Log log;
  private final Registration cancelHook;

  private final AtomicReference<State> state = new AtomicReference<>(State.RESTING);
  private final AtomicReference<StreamEvent.Terminal> terminal = new AtomicReference<>();
  private volatile boolean cancelled;

  // of the consumer alone
  private boolean hasFirstToken;
  private boolean returnedTerminal;
  private int afterCancel;

  GuardedStream(
      EventStream<StreamEvent> inner,
      Route route,
      SilenceLimit limit,
      RequestAccount account,
      Log log) {
    this.inner = inner;
    this.call = limit.call();
    this.limit = limit;
    this.order = new EventOrder(route.provider().id(), route.model());
    this.account = account;
    this.operation = "Model '" + route.model() + "'";
    this.log = log;
    this.cancelHook = call.onCancel(() -> cancelled = true);
  }

  @Override
  public StreamEvent next() {
    if (returnedTerminal) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    if (!state.compareAndSet(State.RESTING, State.PULLING)) {
      returnedTerminal = true;
      return terminal.get(); // close() ended it
    }
    StreamEvent event = pull();
    if (event instanceof StreamEvent.Terminal last) {
      return end(settled(last));
    }
    notice(event);
    if (!state.compareAndSet(State.PULLING, State.RESTING)) {
      return end(stopped());
    }
    return event;
  }

  /** What the provider says and nobody is to see, half a character, must not pass for an event. */
  @Override
  public boolean hasReady() {
    if (state.get() == State.ENDED) {
      return !returnedTerminal;
    }
    while (!order.hasReady() && !cancelled && isInnerReady()) {
      order.admit(pullInner());
    }
    return order.hasReady() || cancelled && isInnerReady();
  }

  @Override
  public void close() {
    State now = state.get();
    while (now == State.RESTING || now == State.PULLING) {
      call.cancel(CancelReason.CLOSED);
      if (now == State.RESTING) {
        terminal.compareAndSet(null, stopped());
      }
      if (state.compareAndSet(now, now == State.RESTING ? State.ENDED : State.CLOSING)) {
        leave(now);
        return;
      }
      now = state.get();
    }
  }

  private void leave(State before) {
    if (before == State.RESTING) {
      release(terminal.get());
    } else {
      closeInner(); // wakes the consumer, which does the rest
    }
  }

  /** The next event as the contract wants it. */
  private StreamEvent pull() {
    while (true) {
      StreamEvent ready = order.poll();
      if (ready != null) {
        return ready;
      }
      if (cancelled && ++afterCancel > MOST_AFTER_CANCEL) {
        return stopped();
      }
      order.admit(pullInner());
    }
  }

  private StreamEvent pullInner() {
    boolean waits = !isInnerReady();
    if (waits) {
      limit.waitBegins();
    }
    try {
      return inner.next();
    } catch (LlmException failure) {
      return new StreamEvent.Failed(failure.error(), Usage.NONE);
    } catch (RuntimeException | Error failure) {
      log.error("provider_threw").call(call).cause(failure).emit();
      return new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
    } finally {
      if (waits) {
        limit.waitEnds();
      }
    }
  }

  private boolean isInnerReady() {
    try {
      return inner.hasReady();
    } catch (RuntimeException failure) {
      log.error("provider_threw").call(call).cause(failure).emit();
      return false;
    }
  }

  private void notice(StreamEvent event) {
    account.passed(event);
    if (!hasFirstToken && !(event instanceof StreamEvent.Started)) {
      hasFirstToken = true;
      limit.firstTokenCame();
    }
  }

  /** The provider's end as it is told: a cancellation by its reason, whoever noticed it first. */
  private StreamEvent.Terminal settled(StreamEvent.Terminal said) {
    return switch (said) {
      case StreamEvent.Done done -> done.withUsage(known(done.usage()));
      case StreamEvent.Failed failed -> {
        Usage usage = known(failed.usage());
        yield call.cancelled()
            .map(reason -> stopped(reason, usage))
            .orElseGet(() -> new StreamEvent.Failed(failed.error(), usage));
      }
      case StreamEvent.Cancelled end ->
          stopped(call.cancelled().orElse(end.reason()), known(end.usage()));
    };
  }

  /** An end that came early often has no counts of the provider's, and some never give any. */
  private Usage known(Usage said) {
    return said.equals(Usage.NONE) ? account.counted() : said;
  }

  private StreamEvent.Terminal stopped() {
    return stopped(call.cancelled().orElse(CancelReason.CLOSED), account.counted());
  }

  private StreamEvent.Terminal stopped(CancelReason reason, Usage usage) {
    return StreamEvent.Terminal.of(reason, operation, limit.budget(reason), usage);
  }

  private StreamEvent.Terminal end(StreamEvent.Terminal last) {
    terminal.set(last);
    state.set(State.ENDED);
    returnedTerminal = true;
    release(last);
    return last;
  }

  /** Once, by whoever moved the state to ENDED. */
  private void release(StreamEvent.Terminal last) {
    limit.end();
    cancelHook.close();
    account.ended(last);
    closeInner();
    call.end();
  }

  private void closeInner() {
    try {
      inner.close();
    } catch (RuntimeException failure) {
      log.error("provider_threw").call(call).cause(failure).emit();
    }
  }
}
