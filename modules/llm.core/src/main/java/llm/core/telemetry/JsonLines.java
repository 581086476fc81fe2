package llm.core.telemetry;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import llm.core.telemetry.LineWriter.Drops;
import llm.domain.call.Call;
import llm.domain.call.Registration;
import llm.domain.call.Span;
import llm.domain.port.TimeSource;

/**
 * The {@link Telemetry} of a process: each event is one JSON line with {@code ts} (RFC 3339, UTC,
 * milliseconds), {@code level}, {@code logger}, {@code event}, {@code request_id}, {@code
 * session_id}, {@code trace_id} and {@code span_id} where there are any, then the event's fields in
 * the order they were put.
 *
 * <p>Lines go through a bounded ring to one writer thread, which flushes when the ring is empty.
 * When it is full, DEBUG and INFO events are dropped at once, WARN and ERROR after 50 ms; each drop
 * is counted in {@code log_dropped_total{level}} and a {@code log_dropped} event says the number as
 * soon as there is room. AUDIT events have a reserve as large as the ring and are dropped only when
 * the output takes nothing for 5 s with that reserve full. An output that fails (a closed pipe) is
 * counted in {@code log_write_failures_total}; the process goes on.
 *
 * <p>Thread-safe. The output stream is flushed, never closed.
 */
public final class JsonLines implements Telemetry, AutoCloseable {
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final int POOL_SIZE = 256;
  private static final int BUFFER_BYTES = 512;
  private static final int MAX_POOLED_BYTES = 8 * 1024;

  private final TimeSource time;
  private final MetricsRegistry metrics = new MetricsRegistry();
  private final LineRing ring;
  private final Drops drops;
  private final LineWriter loop;
  private final Thread writer;
  private final Map<String, JsonLog> logs = new ConcurrentHashMap<>();
  private final ArrayDeque<JsonBytes> pool = new ArrayDeque<>(); // guarded by itself
  private LogLevels levels; // guarded by this
  private boolean tapped; // guarded by this

  /** Writes to {@code out}, which belongs to the writer thread from now on. */
  public JsonLines(OutputStream out, TelemetrySettings settings, TimeSource time) {
    this.time = time;
    this.levels = new LogLevels(settings.level(), settings.levels());
    this.ring = new LineRing(settings.ringLines());
    this.drops =
        new Drops(
            metrics.counter(
                "log_dropped_total", "Log events dropped because the ring was full.", "level"));
    ProcessMetrics.register(metrics, time);
    var failures =
        metrics.counter("log_write_failures_total", "Log events lost because the output failed.");
    var tapFailures =
        metrics.counter("log_tap_failures_total", "Readers of the log that were taken off it.");
    this.loop = new LineWriter(ring, out, drops, failures, tapFailures, time, this::recycle);
    this.writer = Thread.ofPlatform().name("llm-log").daemon().start(loop);
  }

  /** Writes to the process's standard output, past its PrintStream, which hides failures. */
  public static JsonLines standardOutput(TelemetrySettings settings) {
    return new JsonLines(new FileOutputStream(FileDescriptor.out), settings, TimeSource.SYSTEM);
  }

  @Override
  public Log log(String component) {
    JsonLog known = logs.get(component);
    return known != null ? known : open(component);
  }

  @Override
  public Metrics metrics() {
    return metrics;
  }

  /** Changes the levels while running; existing logs follow. */
  public synchronized void levels(Level fallback, Map<String, Level> named) {
    levels = new LogLevels(fallback, named);
    logs.forEach((name, log) -> log.threshold = levels.of(name));
  }

  /**
   * Shows every line that is written from now on to {@code tap}, on the writer's thread; one that
   * throws is taken off and counted in {@code log_tap_failures_total}. While there is none, a line
   * costs one comparison more.
   *
   * @return closing it takes the tap off
   * @throws IllegalStateException when there is a tap already
   */
  public synchronized Registration tap(LineTap tap) {
    if (tapped) {
      throw new IllegalStateException("the log has a tap already");
    }
    tapped = true;
    loop.tap(tap);
    return this::untap;
  }

  private synchronized void untap() {
    tapped = false;
    loop.tap(null);
  }

  /**
   * Waits until every event emitted before is written.
   *
   * @return false when {@code limit} passed first
   */
  public boolean flush(Duration limit) throws InterruptedException {
    return ring.awaitWritten(limit);
  }

  /** Takes no more events and waits, at most 5 s, until the rest is written. Idempotent. */
  @Override
  public void close() {
    ring.close();
    try {
      writer.join(CLOSE_LIMIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Under the lock of {@link #levels}, so that no new log misses a change. */
  private synchronized JsonLog open(String component) {
    return logs.computeIfAbsent(component, name -> new JsonLog(name, levels.of(name)));
  }

  private void offer(LogLine line) {
    if (!ring.put(line)) {
      drops.count(line.level());
      recycle(line.fields());
    }
  }

  private JsonBytes buffer() {
    synchronized (pool) {
      JsonBytes pooled = pool.poll();
      return pooled != null ? pooled : new JsonBytes(BUFFER_BYTES);
    }
  }

  private void recycle(JsonBytes buffer) {
    buffer.truncate(0);
    synchronized (pool) {
      if (pool.size() < POOL_SIZE && buffer.capacity() <= MAX_POOLED_BYTES) {
        pool.push(buffer);
      }
    }
  }

  private final class JsonLog implements Log {
    private final String component;
    private volatile Level threshold;

    private JsonLog(String component, Level threshold) {
      this.component = component;
      this.threshold = threshold;
    }

    @Override
    public boolean enabled(Level level) {
      return level.compareTo(threshold) >= 0;
    }

    @Override
    public Entry at(Level level, String event) {
      return enabled(level)
          ? new LogLine(
              buffer(), JsonLines.this::offer, time.now().toEpochMilli(), level, component, event)
          : NoEntry.INSTANCE;
    }
  }

  /** What a disabled level gives. */
  private enum NoEntry implements Log.Entry {
    INSTANCE;

    @Override
    public Log.Entry call(Call call) {
      return this;
    }

    @Override
    public Log.Entry within(Span span) {
      return this;
    }

    @Override
    public Log.Entry put(String field, String value) {
      return this;
    }

    @Override
    public Log.Entry put(String field, long value) {
      return this;
    }

    @Override
    public Log.Entry put(String field, double value) {
      return this;
    }

    @Override
    public Log.Entry put(String field, boolean value) {
      return this;
    }

    @Override
    public Log.Entry cause(Throwable cause) {
      return this;
    }

    @Override
    public void emit() {
      // below the level: nothing to write
    }
  }
}
