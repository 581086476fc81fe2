package llm.core.gateway;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * One of those who are asked at once: asks on a thread of its own up to the first token, and
 * reports once. Then it is either the winner, whose stream goes to the consumer, or it loses, and
 * leaves nothing behind.
 */
final class Racer implements Runnable {
  private final Tries tries;
  private final Call own;
  private final Way way;
  private final Log log;
  private final Consumer<Racer> report;

  private final Deque<StreamEvent> events = new ArrayDeque<>(2); // of the thread, then the consumer
  private Optional<Tries.Asked<EventStream<StreamEvent>>> asked = Optional.empty();
  private LlmException failure; // null: there is a stream
  private volatile boolean begun;
  private boolean done; // guarded by this
  private boolean lost; // guarded by this

  /** How it comes to a stream. */
  @FunctionalInterface
  interface Way {
    /**
     * Blocks until somebody accepted.
     *
     * @return empty: nobody did, and that is told by another
     */
    Optional<Tries.Asked<EventStream<StreamEvent>>> ask(Call own) throws LlmException;
  }

  /**
   * Not asking yet.
   *
   * @param tries whom it asks
   * @param own a call of its own, which it ends
   * @param report is given this, once, when it has begun or failed
   */
  Racer(Tries tries, Call own, Way way, Log log, Consumer<Racer> report) {
    this.tries = tries;
    this.own = own;
    this.way = way;
    this.log = log;
    this.report = report;
  }

  @Override
  public void run() {
    try {
      asked = way.ask(own);
      if (asked.isPresent()) {
        pull(asked.get().answer());
      }
    } catch (LlmException refused) {
      failure = refused;
    } catch (RuntimeException | Error bug) {
      log.error("hedge_failed").call(own).cause(bug).emit();
      failure = new LlmException(new LlmError.Internal(), bug);
    }
    boolean late;
    synchronized (this) {
      done = true;
      late = lost;
    }
    if (late) {
      leave();
    }
    report.accept(this);
  }

  private void pull(EventStream<StreamEvent> stream) throws LlmException {
    StreamEvent event = stream.next();
    events.add(event);
    while (event instanceof StreamEvent.Started) {
      event = stream.next();
      events.add(event);
    }
    begun = !(event instanceof StreamEvent.Failed || event instanceof StreamEvent.Cancelled);
  }

  /** Whether its first token is there, or its end where it is a good one. */
  boolean hasBegun() {
    return begun;
  }

  /** Another one was sooner. */
  void lose() {
    own.cancel(CancelReason.HEDGE_LOST);
    boolean mine;
    synchronized (this) {
      lost = true;
      mine = done; // its thread does not look any more
    }
    if (mine) {
      leave();
    }
  }

  /**
   * Its stream from the first event on, for the consumer, who has to close it.
   *
   * @throws LlmException when it has none
   */
  EventStream<StreamEvent> stream() throws LlmException {
    if (asked.isEmpty()) {
      own.end();
      throw failure == null ? new LlmException(new LlmError.Internal()) : failure;
    }
    return new Rest(tries.chosen(asked.get()));
  }

  /** Whether somebody accepted, whatever came of it. */
  boolean isAccepted() {
    return asked.isPresent();
  }

  private void leave() {
    asked.ifPresent(answer -> {
      answer.answer().close();
      tries.left(answer.leg(), events.peekLast());
    });
    own.end();
  }

  /** What was pulled, and then the rest. */
  private final class Rest implements EventStream<StreamEvent> {
    private final EventStream<StreamEvent> inner;

    private Rest(EventStream<StreamEvent> inner) {
      this.inner = inner;
    }

    @Override
    public StreamEvent next() throws LlmException {
      StreamEvent pulled = events.poll();
      StreamEvent event = pulled == null ? inner.next() : pulled;
      if (event instanceof StreamEvent.Terminal) {
        own.end();
      }
      return event;
    }

    @Override
    public boolean hasReady() {
      return !events.isEmpty() || inner.hasReady();
    }

    @Override
    public void close() {
      inner.close();
      own.end();
    }
  }
}
