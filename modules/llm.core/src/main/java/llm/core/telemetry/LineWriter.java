package llm.core.telemetry;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import llm.domain.port.TimeSource;

/** The loop of the one thread that writes the log. */
final class LineWriter implements Runnable {
  private static final int MAX_BATCH_LINES = 256;
  private static final int BATCH_BYTES = 64 * 1024;

  private final LineRing ring;
  private final OutputStream out;
  private final Drops drops;
  private final Metrics.Counter failures;
  private final TimeSource time;
  private final Consumer<JsonBytes> recycle;
  private final TimeText timeText = new TimeText();
  private final JsonBytes batch = new JsonBytes(BATCH_BYTES);
  private final Metrics.Counter tapFailures;
  private int batched; // lines in the batch
  private volatile LineTap tap; // null while nobody looks

  LineWriter(
      LineRing ring,
      OutputStream out,
      Drops drops,
      Metrics.Counter failures,
      Metrics.Counter tapFailures,
      TimeSource time,
      Consumer<JsonBytes> recycle) {
    this.ring = ring;
    this.out = out;
    this.drops = drops;
    this.failures = failures;
    this.tapFailures = tapFailures;
    this.time = time;
    this.recycle = recycle;
  }

  /** Shows each line to {@code tap} from now on; null for nobody. */
  void tap(LineTap other) {
    tap = other;
  }

  @Override
  public void run() {
    var lines = new ArrayList<LogLine>(MAX_BATCH_LINES);
    while (ring.take(lines, MAX_BATCH_LINES) > 0) {
      writeAll(lines);
      ring.done(lines.size());
      lines.clear();
    }
    writeAll(List.of());
  }

  /** Whatever goes wrong, the loop must go on: without it every AUDIT event would wait in vain. */
  private void writeAll(List<LogLine> lines) {
    try {
      addDropped();
      lines.forEach(this::add);
      write();
    } catch (RuntimeException | Error _) {
      failures.add(lines.size());
      batch.truncate(0);
      batched = 0;
    }
  }

  private void add(LogLine line) {
    int start = batch.length();
    line.encode(batch, timeText);
    LineTap seen = tap;
    if (seen != null) {
      show(start, line.level(), seen);
    }
    recycle.accept(line.fields());
    batched++;
    if (batch.length() >= BATCH_BYTES) {
      write();
    }
  }

  /** A tap that throws is taken off: the log must not suffer from who looks at it. */
  private void show(int start, Level level, LineTap seen) {
    try {
      batch.show(start, level, seen);
    } catch (RuntimeException | Error _) {
      tap = null;
      tapFailures.increment();
    }
  }

  /** Says how many events were lost since the last time; there is room again. */
  private void addDropped() {
    long count = drops.take();
    if (count > 0) {
      Consumer<LogLine> sink = this::add;
      new LogLine(
              new JsonBytes(64),
              sink,
              time.now().toEpochMilli(),
              Level.WARN,
              "llm.telemetry",
              "log_dropped")
          .put("count", count)
          .emit();
    }
  }

  /** Writes the batch; a failing output costs its lines and nothing else. */
  private void write() {
    try {
      batch.writeTo(out);
      if (ring.isEmpty()) {
        out.flush();
      }
    } catch (IOException | RuntimeException _) {
      failures.add(batched); // the log is where this would be told
    }
    batch.truncate(0);
    batched = 0;
  }

  /** Counts lost events, in the metric by level and in sum for the next {@code log_dropped}. */
  static final class Drops {
    private final List<Metrics.Counter> byLevel;
    private final AtomicLong unsaid = new AtomicLong();

    Drops(Metrics.Counter family) {
      byLevel =
          List.of(Level.values()).stream()
              .map(level -> family.labels(level.name().toLowerCase(Locale.ROOT)))
              .toList();
    }

    void count(Level level) {
      byLevel.get(level.ordinal()).increment();
      unsaid.incrementAndGet();
    }

    long take() {
      return unsaid.get() == 0 ? 0 : unsaid.getAndSet(0);
    }
  }
}
