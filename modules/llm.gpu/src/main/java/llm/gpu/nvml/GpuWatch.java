package llm.gpu.nvml;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.port.TimeSource;
import llm.gpu.ffi.nvml.Nvml;
import llm.gpu.ffi.nvml.NvmlException;
import llm.gpu.memory.DeviceMemory;
import llm.gpu.memory.MemoryReading;

/**
 * Looks at the graphics processor every {@link #INTERVAL}, on a thread of its own, which alone
 * waits when the driver hangs. A machine without NVML, or without a driver, says so once and is
 * left alone. Thread-safe; {@link #sight} answers at once. Processors are numbered as NVML does, by
 * their place on the bus.
 */
public final class GpuWatch implements DeviceMemory, AutoCloseable {
  /** From one look to the next. */
  public static final Duration INTERVAL = Duration.ofSeconds(2);

  /** A look that takes longer counts as none. */
  public static final Duration DEADLINE = Duration.ofSeconds(10);

  private static final String LIBRARY =
      System.getProperty("os.name").startsWith("Windows") ? "nvml.dll" : "libnvidia-ml.so.1";
  private static final String NOT_WATCHED = "Memory of graphics processors is not watched: ";

  private final String library;
  private final int index;
  private final TimeSource time;
  private final Log log;
  private final Metrics metrics;
  private final Thread thread;
  private final AtomicBoolean begun;
  private volatile Seen seen;
  private final Seen unseen; // before the first look
  private volatile long begunNanos;
  private volatile boolean closing;
  private volatile boolean looking; // a call of NVML is under way
  private boolean measured; // by gauges; the thread's
  private String told = ""; // the last problem that was logged; the thread's

  /**
   * A graphics processor, as it was seen.
   *
   * @param index which one, from 0
   * @param busyPercent how much of the last moment it computed; empty where it does not tell
   * @param processes how many compute on it; likewise
   */
  public record Gpu(
      int index,
      String name,
      long totalBytes,
      long usedBytes,
      long freeBytes,
      OptionalInt busyPercent,
      OptionalInt processes) {

    /** How full its memory is. */
    public MemoryReading memory() {
      return new MemoryReading("VRAM of " + name, totalBytes, freeBytes);
    }
  }

  /**
   * What is known now.
   *
   * @param gpu empty where nothing is
   * @param problem why not
   */
  public record Sight(Optional<Gpu> gpu, Optional<String> problem) {
    /** How full its memory is; empty where that is not known. */
    public Optional<MemoryReading> memory() {
      return gpu.map(Gpu::memory);
    }
  }

  /** What was seen by a look that began at {@code nanos}. */
  private record Seen(Sight sight, long nanos) {}

  /** What is known where nobody looks. */
  public static final Sight NOTHING = new Sight(Optional.empty(), Optional.empty());

  private GpuWatch(String library, int index, Telemetry telemetry, TimeSource time) {
    this.library = library;
    this.index = index;
    this.time = time;
    this.log = telemetry.log("llm.gpu.nvml");
    this.metrics = telemetry.metrics();
    this.begunNanos = time.nanoTime();
    this.unseen = new Seen(NOTHING, begunNanos);
    this.seen = unseen;
    this.begun = new AtomicBoolean();
    this.thread = Thread.ofPlatform().daemon().name("llm-nvml").unstarted(this::run);
  }

  /**
   * Begins to watch.
   *
   * @param index which graphics processor, from 0
   */
  public static GpuWatch start(int index, Telemetry telemetry, TimeSource time) {
    return start(LIBRARY, index, telemetry, time);
  }

  /** The same by another library. */
  static GpuWatch start(String library, int index, Telemetry telemetry, TimeSource time) {
    var watch = new GpuWatch(library, index, telemetry, time);
    watch.begin();
    return watch;
  }

  /**
   * Begins to watch when somebody first wants to know how full the memory is, as before a load.
   *
   * @param index which graphics processor, from 0
   */
  public static GpuWatch onDemand(int index, Telemetry telemetry, TimeSource time) {
    return new GpuWatch(LIBRARY, index, telemetry, time);
  }

  private void begin() {
    if (!begun.get() && begun.compareAndSet(false, true)) {
      begunNanos = time.nanoTime();
      thread.start();
    }
  }

  /** What is known now. */
  public Sight sight() {
    Seen last = seen;
    Duration age = Duration.ofNanos(time.nanoTime() - last.nanos());
    boolean mayBeWrong = looking || last.sight().gpu().isPresent();
    return mayBeWrong && age.compareTo(DEADLINE) > 0
        ? new Sight(
            Optional.empty(),
            Optional.of(
                "The driver of the graphics processor has not answered for "
                    + age.toSeconds()
                    + " s; its memory is not watched meanwhile."))
        : last.sight();
  }

  @Override
  public Optional<MemoryReading> reading() {
    begin();
    return sight().memory();
  }

  /** Looks again at once where nobody has since; waits no longer for it than the deadline. */
  @Override
  public boolean isSince(long nanos) {
    begin();
    long from = begunNanos - nanos > 0 ? begunNanos : nanos; // before it nothing could be seen
    boolean over = time.nanoTime() - from > DEADLINE.toNanos();
    boolean ended = thread.getState() == Thread.State.TERMINATED;
    boolean since = over || ended || seen != unseen && seen.nanos() - nanos >= 0;
    if (!since) {
      lookNow();
    }
    return since;
  }

  /** Looks again soon. */
  void lookNow() {
    LockSupport.unpark(thread);
  }

  /** Whether it still looks. */
  boolean isWatching() {
    return thread.isAlive();
  }

  /** Ends the watch; waits for nobody, because a driver may hang. Idempotent. */
  @Override
  public void close() {
    closing = true;
    lookNow();
  }

  private void run() {
    Nvml nvml;
    long began = time.nanoTime();
    looking = true;
    try {
      nvml = Nvml.open(library);
    } catch (NvmlException | RuntimeException absent) {
      looking = false;
      String reason = NOT_WATCHED + absent.getMessage();
      see(new Sight(Optional.empty(), Optional.of(reason)), began);
      log.info("gpu_watch_absent").put("reason", reason).emit();
      return;
    }
    while (!closing) {
      look(nvml);
      LockSupport.parkNanos(this, INTERVAL.toNanos());
    }
    nvml.shutdown();
  }

  private void look(Nvml nvml) {
    long began = time.nanoTime(); // what comes later the look may not show
    looking = true;
    try {
      Nvml.Reading reading = nvml.read(index);
      measure(reading);
      see(new Sight(Optional.of(gpu(reading)), Optional.empty()), began);
      told = "";
    } catch (NvmlException | RuntimeException failed) {
      String reason = NOT_WATCHED + failed.getMessage();
      see(new Sight(Optional.empty(), Optional.of(reason)), began);
      if (!told.equals(reason)) {
        told = reason;
        log.warn("gpu_watch_failed").put("gpu", index).put("reason", reason).cause(failed).emit();
      }
    } finally {
      looking = false;
    }
  }

  private Gpu gpu(Nvml.Reading reading) {
    return new Gpu(
        index,
        reading.name(),
        reading.totalBytes(),
        reading.usedBytes(),
        reading.freeBytes(),
        reading.busyPercent(),
        reading.processes());
  }

  private void see(Sight sight, long began) {
    seen = new Seen(sight, began);
  }

  /** Gauges are there from the first look that succeeded. */
  private void measure(Nvml.Reading first) {
    if (measured) {
      return;
    }
    measured = true;
    log.info("gpu_watch_start")
        .put("gpu", index)
        .put("name", first.name())
        .put("total_bytes", first.totalBytes())
        .emit();
    gauge("llm_gpu_memory_total_bytes", "Memory of the graphics processor.", Gpu::totalBytes);
    gauge("llm_gpu_memory_used_bytes", "What of it is in use, by whomever.", Gpu::usedBytes);
    gauge("llm_gpu_memory_free_bytes", "What of it is free.", Gpu::freeBytes);
    gauge(
        "llm_gpu_busy_ratio",
        "How much of the last moment the graphics processor computed, 0 to 1.",
        gpu -> gpu.busyPercent().orElse(0) / 100.0);
  }

  private void gauge(String name, String help, ToDoubleFunction<Gpu> of) {
    metrics.gauge(name, help, () -> sight().gpu().map(of::applyAsDouble).orElse(Double.NaN));
  }
}
