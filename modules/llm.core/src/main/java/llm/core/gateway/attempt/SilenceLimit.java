package llm.core.gateway.attempt;

import java.time.Duration;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Cancels a call whose consumer has waited too long: for the first token in all, then for each
 * event. Only waiting counts; a consumer that is slow itself uses up nothing.
 *
 * <p>There is one alarm, and the consumer does not touch it: it looks, when it rings, whether a
 * wait is overdue, and sets itself anew for when the present or the next wait could be. Only at the
 * first token it is set from outside, because the limit changes there.
 */
final class SilenceLimit {
  private static final long MIN_STEP_NANOS = 1_000_000;

  private final Duration firstToken;
  private final Duration idle;
  private final Call call;
  private final Alarms alarms;

  // written by the consumer, read by the alarm; expiresAt before waiting, read after it
  private volatile long expiresAt;
  private volatile boolean waiting;
  private volatile CancelReason limit = CancelReason.FIRST_TOKEN;

  private volatile long firstTokenNanosLeft;
  private long waitBegan; // of the consumer alone

  private Registration alarm = () -> {}; // guarded by this
  private boolean ended; // guarded by this

  SilenceLimit(Waits waits, Call call, Alarms alarms) {
    this.firstToken = waits.firstToken();
    this.idle = waits.idle();
    this.firstTokenNanosLeft = firstToken.toNanos();
    this.call = call;
    this.alarms = alarms;
    arm(alarms.time().nanoTime() + firstToken.toNanos());
  }

  /** The call that it watches. */
  Call call() {
    return call;
  }

  /** What the cancellation of the call means as an error of {@code operation}, if it was. */
  Optional<LlmException> stopped(String operation) {
    return call.cancelled()
        .map(why ->
            new LlmException(
                why.isFailure()
                    ? new LlmError.DeadlineExceeded(why, operation, budget(why))
                    : new LlmError.Cancelled(why)));
  }

  /** The consumer begins to wait. */
  void waitBegins() {
    waitBegan = alarms.time().nanoTime();
    boolean first = limit == CancelReason.FIRST_TOKEN;
    expiresAt = waitBegan + (first ? firstTokenNanosLeft : idle.toNanos());
    waiting = true;
  }

  /** The consumer has what it waited for. */
  void waitEnds() {
    waiting = false;
    if (limit == CancelReason.FIRST_TOKEN) {
      firstTokenNanosLeft = firstTokenNanosLeft - (alarms.time().nanoTime() - waitBegan);
    }
  }

  /** The first token is here: from now on the idle limit counts. */
  void firstTokenCame() {
    limit = CancelReason.IDLE;
    arm(alarms.time().nanoTime() + idle.toNanos());
  }

  /** Takes the alarm away. */
  synchronized void end() {
    ended = true;
    alarm.close();
  }

  /** What a call that was cancelled for {@code reason} had. */
  Duration budget(CancelReason reason) {
    return switch (reason) {
      case FIRST_TOKEN -> firstToken;
      case IDLE -> idle;
      case DEADLINE, CLIENT_GONE, USER, SHUTDOWN, HEDGE_LOST, CLOSED -> call.deadline().budget();
    };
  }

  private void ring() {
    CancelReason exceeded;
    synchronized (this) {
      exceeded = limit;
      boolean inWait = waiting;
      long overdueAt = expiresAt;
      long now = alarms.time().nanoTime();
      if (!inWait || overdueAt - now > 0) {
        arm(inWait ? overdueAt : now + shortestWait());
        return;
      }
    }
    call.cancel(exceeded);
  }

  /** A wait that begins now could be overdue after so long. */
  private long shortestWait() {
    long nanos = limit == CancelReason.IDLE ? idle.toNanos() : firstTokenNanosLeft;
    return Math.max(nanos, MIN_STEP_NANOS);
  }

  /** Sets the one alarm; holding the monitor while it does keeps a second one from being set. */
  private synchronized void arm(long atNanos) {
    alarm.close();
    if (!ended) {
      alarm = alarms.at(atNanos, this::ring);
    }
  }
}
