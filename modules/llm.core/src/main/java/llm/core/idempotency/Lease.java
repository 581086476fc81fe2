package llm.core.idempotency;

import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.domain.call.Registration;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/** The claim of one run in the store; its records are written one after the other. Thread-safe. */
final class Lease {
  private final String id;
  private final Archive archive;
  private final Alarms alarms;
  private final Log log;
  private LogPoint at; // guarded by this
  private boolean over; // guarded by this
  private boolean isUnsure; // whether the last sign of life was written; guarded by this
  private Registration next = () -> {}; // guarded by this

  Lease(String id, LogPoint at, Archive archive, Alarms alarms, Log log) {
    this.id = id;
    this.at = at;
    this.archive = archive;
    this.alarms = alarms;
    this.log = log;
  }

  /** Where others may claim the key, gives signs of life from now on. */
  synchronized void schedule() {
    if (archive.isShared() && !over) {
      next =
          alarms.at(
              alarms.time().nanoTime() + Archive.BEAT.toNanos(),
              () -> Thread.startVirtualThread(this::beat));
    }
  }

  private synchronized void beat() {
    if (over) {
      return;
    }
    try {
      at = archive.beat(id, at);
      isUnsure = false;
    } catch (StoreException failure) {
      if (failure.reason() == StoreException.Reason.CONFLICT) {
        log.warn("idempotency_lease_lost").put("message", failure.getMessage()).emit();
        return; // the end will find it so, too
      }
      isUnsure = true; // said again, it is written once
    }
    schedule();
  }

  /** Ends with the answer. */
  synchronized void keep(KeptAnswer answer) throws StoreException {
    over = true;
    next.close();
    if (isUnsure) {
      at = archive.beat(id, at);
    }
    archive.keep(id, at, answer);
  }

  /** Ends without one. */
  synchronized void release() {
    over = true;
    next.close();
    try {
      archive.release(id, at);
    } catch (StoreException failure) {
      log.warn("idempotency_lease_not_released") // it ends by itself
          .put("message", failure.getMessage())
          .emit();
    }
  }
}
