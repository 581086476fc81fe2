package llm.providers.openai;

import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Lets one question at a time go to an upstream of our own accord, and none in the way of a
 * request. Thread-safe.
 */
final class OwnTurn {
  private final Object lock = new Object();
  private Call holder; // guarded by lock; null: nobody's turn
  private boolean closed; // guarded by lock

  /** Takes the turn if it is nobody's. */
  boolean tryTake(Call call) {
    synchronized (lock) {
      if (closed || holder != null) {
        return false;
      }
      holder = call;
      return true;
    }
  }

  /** Takes the turn, waiting for it at most until {@code call} is cancelled. */
  void take(Call call) throws LlmException {
    Registration hook = call.onCancel(this::look);
    try {
      synchronized (lock) {
        while (holder != null && !closed && call.cancelled().isEmpty()) {
          lock.wait();
        }
        if (closed || call.cancelled().isPresent()) {
          CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
          throw new LlmException(new LlmError.Cancelled(reason));
        }
        holder = call;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new LlmException(new LlmError.Cancelled(CancelReason.CLOSED));
    } finally {
      hook.close();
    }
  }

  /** Gives the turn back. */
  void give() {
    synchronized (lock) {
      holder = null;
      lock.notifyAll();
    }
  }

  /** Whether it is somebody's. */
  boolean isTaken() {
    synchronized (lock) {
      return holder != null;
    }
  }

  /** A request needs the place that a question of our own may have. */
  void makeWay() {
    holder().ifPresent(call -> call.cancel(CancelReason.CLOSED));
  }

  /** Ends the question under way and lets no other begin. */
  void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    holder().ifPresent(call -> call.cancel(CancelReason.SHUTDOWN));
  }

  private Optional<Call> holder() {
    synchronized (lock) {
      return Optional.ofNullable(holder);
    }
  }

  private void look() {
    synchronized (lock) {
      lock.notifyAll();
    }
  }
}
