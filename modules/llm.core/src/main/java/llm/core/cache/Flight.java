package llm.core.cache;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.Broadcast;
import llm.core.concurrent.CallScope;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/**
 * One question on its way to its answer, for all who ask it meanwhile: first it is looked for, then
 * the model is asked. Thread-safe.
 */
final class Flight {
  /** Ends a broadcast whose readers find the answer in {@link #found}. */
  private static final StreamEvent.Done ELSEWHERE =
      new StreamEvent.Done(FinishReason.STOP, Usage.NONE);

  private final Broadcast<StreamEvent> broadcast;
  private final int answerBytes;
  private volatile Optional<KeptAnswer> found = Optional.empty();
  private volatile Optional<CallScope> call = Optional.empty(); // under which the model is asked
  private volatile boolean isAbandoned;
  private volatile CancelReason why = CancelReason.CLOSED; // it was abandoned

  /**
   * Nobody there.
   *
   * @param onAbandoned is told this when nobody is there any more; must not block
   */
  Flight(int answerBytes, Alarms alarms, Consumer<Flight> onAbandoned) {
    this.answerBytes = answerBytes;
    this.broadcast =
        new Broadcast<>(
            answerBytes,
            AnswerKeeper::weight,
            Duration.ZERO,
            alarms,
            reason -> {
              onAbandoned.accept(this);
              abandon(reason);
            });
  }

  /** A place that sees all from the first event; empty when that is over. */
  Optional<EventStream<StreamEvent>> join(Call asking) {
    return broadcast.join(asking, Cut.ends(asking, answerBytes));
  }

  /** The answer was kept: it is in {@link #found} when the first event comes. */
  void found(KeptAnswer answer) {
    found = Optional.of(answer);
    broadcast.end(ELSEWHERE);
  }

  Optional<KeptAnswer> found() {
    return found;
  }

  /** The model is asked under {@code asking}, which ends when nobody waits for the answer. */
  void takesOff(CallScope asking) {
    call = Optional.of(asking);
    if (isAbandoned) {
      asking.cancel(why);
    }
  }

  /** The call under which the model is asked; empty where it is not, or not yet. */
  Optional<CallScope> call() {
    return call;
  }

  int readers() {
    return broadcast.readers();
  }

  /**
   * Says an event; {@code moreIsThere}: the next one follows at once.
   *
   * @return false: nobody is there any more
   */
  boolean say(StreamEvent event, boolean moreIsThere) {
    return broadcast.put(event, moreIsThere);
  }

  void end(StreamEvent.Terminal event) {
    broadcast.end(event);
  }

  private void abandon(CancelReason reason) {
    why = reason;
    isAbandoned = true;
    call.ifPresent(asking -> asking.cancel(reason));
  }
}
