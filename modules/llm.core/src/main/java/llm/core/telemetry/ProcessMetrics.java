package llm.core.telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import llm.domain.port.TimeSource;

/**
 * What the process takes, by the usual names of {@code process_*} and {@code jvm_*}; without the
 * module java.management. What only {@code /proc} knows is left out on other systems.
 */
final class ProcessMetrics {
  private static final Path PROC = Path.of("/proc/self");
  private static final Path STATUS = PROC.resolve("status");
  private static final Path DESCRIPTORS = PROC.resolve("fd");
  private static final double NANOS_PER_SECOND = 1e9;

  private ProcessMetrics() {}

  static void register(MetricsRegistry metrics, TimeSource time) {
    var process = ProcessHandle.current().info();
    Instant now = time.now();
    double started = seconds(process.startInstant().orElse(now));
    metrics.gauge(
        "process_start_time_seconds", "Unix time when the process started.", () -> started);
    long opened = time.nanoTime();
    metrics.gauge(
        "process_uptime_seconds",
        "Time since telemetry was opened.",
        () -> (time.nanoTime() - opened) / NANOS_PER_SECOND);
    metrics.counter(
        "process_cpu_seconds_total",
        "Processor time used.",
        () ->
            ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos()
                / NANOS_PER_SECOND);
    registerHeap(metrics, Runtime.getRuntime());
    if (Files.isReadable(STATUS)) {
      registerProc(metrics);
    }
  }

  private static void registerHeap(MetricsRegistry metrics, Runtime runtime) {
    metrics.gauge(
        "jvm_memory_used_bytes",
        "Heap in use.",
        () -> (double) runtime.totalMemory() - runtime.freeMemory());
    metrics.gauge(
        "jvm_memory_committed_bytes", "Heap taken from the system.", runtime::totalMemory);
    metrics.gauge("jvm_memory_max_bytes", "Heap that may be taken.", runtime::maxMemory);
    metrics.gauge(
        "jvm_available_processors", "Processors the JVM may use.", runtime::availableProcessors);
  }

  private static void registerProc(MetricsRegistry metrics) {
    metrics.gauge(
        "process_resident_memory_bytes", "Resident memory.", () -> status("VmRSS:") * 1024);
    metrics.gauge(
        "process_threads",
        "Threads of the operating system; virtual threads are not among them.",
        () -> status("Threads:"));
    metrics.gauge("process_open_fds", "Open file descriptors.", descriptors());
  }

  private static DoubleSupplier descriptors() {
    return () -> {
      try (var open = Files.list(DESCRIPTORS)) {
        return open.count();
      } catch (IOException _) {
        return Double.NaN;
      }
    };
  }

  /** The number after {@code key}, as in {@code VmRSS: 1234 kB}; NaN when it is not there. */
  private static double status(String key) {
    Predicate<String> wanted = line -> line.startsWith(key);
    try (var lines = Files.lines(STATUS)) {
      return lines
          .filter(wanted)
          .mapToDouble(
              line -> Double.parseDouble(line.substring(key.length()).strip().split(" ")[0]))
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException _) {
      return Double.NaN;
    }
  }

  private static double seconds(Instant instant) {
    return instant.toEpochMilli() / 1e3;
  }
}
