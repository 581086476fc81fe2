package llm.core.scripted;

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * Plays a script on the consumer's own thread: nothing runs ahead, and a script may be endless as
 * long as it is lazy. Pauses follow the alarms' clock, so a test steps them by hand; a cancelled
 * call ends the stream at once, in the middle of a pause too.
 */
public final class ScriptedStream implements EventStream<StreamEvent> {
  private final Iterator<Step> script;
  private final String provider;
  private final LongFunction<Usage> usageAfter;
  private final Call call;
  private final Alarms alarms;
  private final Runnable onEnd;
  private final AtomicBoolean released = new AtomicBoolean();
  private final Registration cancelHook;

  private final ReentrantLock lock = new ReentrantLock(); // for waiting only
  private final Condition changed = lock.newCondition();

  // of the consumer alone
  private StreamEvent upcoming; // taken from the script, not handed out; null: none yet
  private long dueNanos; // when upcoming may be handed out
  private long characters;
  private boolean ended;

  /**
   * A stream at the beginning of its script.
   *
   * @param script the steps; one that ends without a terminal event ends as failed
   * @param provider whose stream it is, for errors
   * @param usageAfter the tokens taken once so many characters of text were handed out, for streams
   *     that end early
   * @param onEnd runs once, when the stream has ended or was closed
   */
  public ScriptedStream(
      Iterator<Step> script,
      String provider,
      LongFunction<Usage> usageAfter,
      Call call,
      Alarms alarms,
      Runnable onEnd) {
    this.script = script;
    this.provider = provider;
    this.usageAfter = usageAfter;
    this.call = call;
    this.alarms = alarms;
    this.onEnd = onEnd;
    this.dueNanos = alarms.time().nanoTime();
    this.cancelHook = call.onCancel(this::wake);
  }

  @Override
  public StreamEvent next() {
    if (ended) {
      throw new IllegalStateException("the terminal event was already returned");
    }
    peek();
    awaitDue();
    if (call.cancelled().isPresent()) {
      upcoming = cancelled(call.cancelled().get());
    }
    return take();
  }

  @Override
  public boolean hasReady() {
    if (ended) {
      return false;
    }
    peek();
    return isDue();
  }

  @Override
  public void close() {
    if (released.compareAndSet(false, true)) {
      call.cancel(CancelReason.CLOSED);
      letGo();
    }
  }

  /** Runs the script up to its next event, gathering the pauses before it. */
  private void peek() {
    while (upcoming == null) {
      if (!script.hasNext()) {
        var noEnd = new LlmError.ProviderFailed(provider, "The script ended without an end.");
        upcoming = new StreamEvent.Failed(noEnd, usageAfter.apply(characters));
        return;
      }
      switch (script.next()) {
        case Step.Emit emit -> upcoming = emit.event();
        case Step.Pause pause -> dueNanos += pause.time().toNanos();
      }
    }
  }

  private StreamEvent take() {
    StreamEvent event = upcoming;
    upcoming = null;
    dueNanos = alarms.time().nanoTime();
    if (event instanceof StreamEvent.TextDelta delta) {
      characters += delta.text().length();
    }
    if (event instanceof StreamEvent.Terminal) {
      ended = true;
      if (released.compareAndSet(false, true)) {
        letGo();
      }
    }
    return event;
  }

  private StreamEvent cancelled(CancelReason reason) {
    return StreamEvent.Terminal.of(
        reason, "The answer", call.deadline().budget(), usageAfter.apply(characters));
  }

  private boolean isDue() {
    return call.cancelled().isPresent() || dueNanos - alarms.time().nanoTime() <= 0;
  }

  private void awaitDue() {
    if (isDue()) {
      return;
    }
    Registration alarm = alarms.at(dueNanos, this::wake);
    lock.lock();
    try {
      while (!isDue()) {
        changed.await();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      call.cancel(CancelReason.CLOSED);
    } finally {
      lock.unlock();
      alarm.close();
    }
  }

  private void letGo() {
    cancelHook.close();
    onEnd.run();
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
