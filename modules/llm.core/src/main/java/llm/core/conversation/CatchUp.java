package llm.core.conversation;

import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.domain.call.Registration;
import llm.domain.store.StoreException;

/**
 * Writes what waits for a store that was away, at intervals until nothing waits. Thread-safe; the
 * store is asked by a thread of its own.
 */
final class CatchUp implements AutoCloseable {
  private final Alarms alarms;
  private final Duration interval;
  private final Residents residents;
  private final Log log;
  private Registration next; // guarded by this; null when nothing is set
  private boolean closed; // guarded by this

  CatchUp(Alarms alarms, Duration interval, Residents residents, Log log) {
    this.alarms = alarms;
    this.interval = interval;
    this.residents = residents;
    this.log = log;
  }

  /** Records of {@code conversation} wait. */
  void add(Conversation conversation) {
    if (!conversation.log().isBehind()) {
      return; // closed meanwhile: nothing waits
    }
    log.warn("store_behind").put("conversation", conversation.id()).emit();
    schedule();
  }

  /** Tries a last time, and no more. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (next != null) {
        next.close();
      }
    }
    run();
  }

  private synchronized void schedule() {
    if (next == null && !closed) {
      next =
          alarms.at(
              alarms.time().nanoTime() + interval.toNanos(),
              () -> Thread.ofVirtual().name("llm-catch-up").start(this::runAndGoOn));
    }
  }

  private void runAndGoOn() {
    synchronized (this) {
      next = null;
    }
    boolean done = false;
    try {
      done = run();
    } catch (RuntimeException | Error bug) {
      log.error("catch_up_broke").cause(bug).emit();
    } finally {
      if (!done) {
        schedule();
      }
    }
  }

  /** Whether nothing waits any more. */
  private boolean run() {
    boolean done = true;
    for (Conversation conversation : residents.behind()) {
      try {
        boolean caughtUp = conversation.log().catchUp();
        done &= caughtUp;
        if (caughtUp) {
          log.info("store_caught_up").put("conversation", conversation.id()).emit();
        }
      } catch (StoreException failure) {
        log.error("turn_not_kept").put("conversation", conversation.id()).cause(failure).emit();
        residents.remove(conversation, Conversation.Gone.STORE);
      }
    }
    return done;
  }
}
