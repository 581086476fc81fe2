package llm.server.boot;

import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.domain.call.CancelReason;
import llm.server.http.Admission;

/**
 * The graceful end, O-8:
 *
 * <ol>
 *   <li>Nobody is let in any more; who comes is told to try again elsewhere.
 *   <li>Requests and streams run on, for the drain time but a reserve.
 *   <li>What still runs is cancelled, so that each stream ends with its dialect's error frame.
 *   <li>The parts are closed.
 * </ol>
 *
 * Whatever hangs, the process ends when the drain time is over.
 */
final class Shutdown {
  private static final Duration LONGEST_RESERVE = Duration.ofSeconds(5);

  private final Admission admission;
  private final Alarms alarms;
  private final Duration drain;
  private final Log log;

  Shutdown(Admission admission, Alarms alarms, Duration drain, Log log) {
    this.admission = admission;
    this.alarms = alarms;
    this.drain = drain;
    this.log = log;
  }

  /**
   * Drains, then closes.
   *
   * @param overdue runs on the timer's thread when the time is over and this has not returned
   * @param parts closes what was opened; the log is still open after it
   */
  void run(Runnable overdue, Runnable parts) throws InterruptedException {
    long startedNanos = alarms.time().nanoTime();
    var limit = alarms.at(startedNanos + drain.toNanos(), overdue);
    admission.drain(); // before the line, so that who has read it is refused
    log.info("shutdown_start")
        .put("active_requests", admission.active())
        .put("drain_ms", drain.toMillis())
        .emit();
    Duration half = drain.dividedBy(2);
    Duration reserve = half.compareTo(LONGEST_RESERVE) < 0 ? half : LONGEST_RESERVE;
    boolean drained = admission.awaitIdle(drain.minus(reserve));
    int cancelled = drained ? 0 : admission.active();
    if (!drained) {
      admission.cancelAll(CancelReason.SHUTDOWN);
      admission.awaitIdle(reserve.dividedBy(2));
    }
    try {
      parts.run();
    } catch (RuntimeException failure) {
      log.error("close_failed").cause(failure).emit(); // the process ends all the same
    }
    log.info("shutdown_finish")
        .put("cancelled_requests", cancelled)
        .put("duration_ms", (alarms.time().nanoTime() - startedNanos) / 1e6)
        .emit();
    limit.close();
  }
}
