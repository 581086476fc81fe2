package llm.core.trace;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.port.TimeSource;

/**
 * Sends batches, one after the other, on a thread of its own. What fails for a while is tried again
 * with growing pauses, then given up: new spans are worth more than old ones. A line in the log
 * says when the collector stopped taking them, and one when it takes them again.
 */
final class SpanSender implements Runnable {
  /** Tries of one batch. */
  static final int MOST_TRIES = 5;

  /** A batch is not larger, whatever the number of its spans. */
  private static final int BATCH_BYTES = 4 * 1024 * 1024;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final SpanQueue queue;
  private final Collector collector;
  private final SpanBatch form;
  private final Pace pace;
  private final RandomGenerator random;
  private final TimeSource time;
  private final Log log;
  private final Metrics.Counter sent;
  private final Metrics.Counter failed;
  private final Metrics.Counter rejected;
  private boolean down; // of the sending thread alone
  private long lost; // of the sending thread alone, given up since it is down
  private long refused; // of the sending thread alone: by the queue, when it was last up
  private String said = ""; // of the sending thread alone: the collector's last remark

  /**
   * How it goes about it.
   *
   * @param batchSpans spans of one batch at most
   * @param patience how long a span waits for others
   * @param firstPause before a second try; it doubles
   */
  record Pace(int batchSpans, Duration patience, Duration firstPause) {}

  SpanSender(
      SpanQueue queue,
      Collector collector,
      SpanBatch form,
      Pace pace,
      RandomGenerator random,
      TimeSource time,
      Telemetry telemetry,
      Metrics.Counter spans) {
    this.queue = queue;
    this.collector = collector;
    this.form = form;
    this.pace = pace;
    this.random = random;
    this.time = time;
    this.log = telemetry.log("llm.trace");
    this.sent = spans.labels("sent");
    this.failed = spans.labels("failed");
    this.rejected = spans.labels("rejected");
  }

  @Override
  public void run() {
    try {
      while (true) {
        List<byte[]> batch = queue.take(pace.batchSpans(), BATCH_BYTES, pace.patience());
        if (batch.isEmpty()) {
          return;
        }
        send(batch);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // the time for the last ones is over
    }
  }

  private void send(List<byte[]> batch) throws InterruptedException {
    byte[] body = form.of(batch);
    for (int tries = 1; ; tries++) {
      switch (post(body, batch.size())) {
        case Delivery.Taken taken -> {
          took(batch.size(), taken);
          return;
        }
        case Delivery.Refused(String reason) -> {
          lose(batch.size(), reason);
          return;
        }
        case Delivery.Later later -> {
          tellDown(later.reason());
          if (tries == MOST_TRIES || queue.pause(pause(later, tries))) {
            lose(batch.size(), later.reason());
            return;
          }
        }
      }
    }
  }

  private Delivery post(byte[] body, int count) throws InterruptedException {
    try {
      return Delivery.of(collector.post(body), time.now());
    } catch (IOException failure) {
      String reason = failure.getMessage();
      return new Delivery.Later(
          reason == null ? failure.getClass().getSimpleName() : reason, Optional.empty());
    } catch (InterruptedException ending) {
      failed.add(count);
      throw ending;
    } catch (RuntimeException bug) {
      log.error("trace_export_broke").cause(bug).emit();
      return new Delivery.Refused("a fault of ours: " + bug);
    }
  }

  private Duration pause(Delivery.Later later, int tries) {
    long most = pace.firstPause().toNanos() << (tries - 1);
    var own = Duration.ofNanos(most / 2 + random.nextLong(most / 2 + 1));
    Duration asked = later.after().orElse(Duration.ZERO);
    Duration pause = asked.compareTo(own) > 0 ? asked : own;
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private void took(int count, Delivery.Taken taken) {
    long unwanted = Math.min(count, taken.rejected());
    sent.add(count - unwanted);
    rejected.add(unwanted);
    long refusedByNow = queue.refused();
    if (down) {
      long unsent = lost + refusedByNow - refused;
      log.info("trace_export_restored").put("lost_spans", unsent).emit();
      down = false;
      lost = 0;
    }
    refused = refusedByNow;
    if (!taken.message().isEmpty() && !taken.message().equals(said)) {
      log.warn("trace_export_remark")
          .put("rejected_spans", unwanted)
          .put("message", taken.message())
          .emit();
    }
    said = taken.message();
  }

  private void lose(int count, String reason) {
    failed.add(count);
    lost += count;
    tellDown(reason);
  }

  private void tellDown(String reason) {
    if (!down) {
      down = true;
      log.warn("trace_export_failing").put("message", reason).emit();
    }
  }
}
