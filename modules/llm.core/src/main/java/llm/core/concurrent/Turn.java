package llm.core.concurrent;

import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Lets one call at a time do something; the others wait, each as long as its own call lasts.
 * Thread-safe.
 */
public final class Turn implements AutoCloseable {
  private final String operation;
  private final Object lock = new Object();
  private Call holder; // guarded by lock; null: nobody's turn
  private boolean closed; // guarded by lock

  /**
   * Nobody's turn.
   *
   * @param operation what errors call it that whose time is over was waiting for
   */
  public Turn(String operation) {
    this.operation = operation;
  }

  /** Takes the turn for {@code call} if it is nobody's; false when it is, or after the end. */
  public boolean tryTake(Call call) {
    synchronized (lock) {
      if (closed || holder != null) {
        return false;
      }
      holder = call;
      return true;
    }
  }

  /**
   * Takes the turn for {@code call}, waiting for it.
   *
   * @throws LlmException when the call is cancelled meanwhile, or this is closed
   */
  public void take(Call call) throws LlmException {
    Registration hook = call.onCancel(this::look);
    try {
      synchronized (lock) {
        while (holder != null && !closed && call.cancelled().isEmpty()) {
          lock.wait();
        }
        if (closed || call.cancelled().isPresent()) {
          throw over(call.cancelled().orElse(CancelReason.SHUTDOWN), call);
        }
        holder = call;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw over(CancelReason.CLOSED, call);
    } finally {
      hook.close();
    }
  }

  /** Gives the turn back. */
  public void give() {
    synchronized (lock) {
      holder = null;
      lock.notifyAll();
    }
  }

  /** Whether it is somebody's. */
  public boolean isTaken() {
    synchronized (lock) {
      return holder != null;
    }
  }

  /** Cancels the call whose turn it is, if it is anybody's. */
  public void cancelHolder(CancelReason reason) {
    Optional<Call> found;
    synchronized (lock) {
      found = Optional.ofNullable(holder);
    }
    found.ifPresent(call -> call.cancel(reason)); // its hooks are not ours to lock in
  }

  /** Cancels the call whose turn it is and lets no other have one. Idempotent. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    cancelHolder(CancelReason.SHUTDOWN);
  }

  private void look() {
    synchronized (lock) {
      lock.notifyAll();
    }
  }

  private LlmException over(CancelReason reason, Call call) {
    return new LlmException(
        reason.isFailure()
            ? new LlmError.DeadlineExceeded(reason, operation, call.deadline().budget())
            : new LlmError.Cancelled(reason));
  }
}
