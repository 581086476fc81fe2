package llm.gpu.local;

import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.gpu.llama.Library;

/**
 * Says what the native library is and computes on, once, when it was loaded: the event {@code
 * native_library_load} and the metric {@code llm_local_info}. Thread-safe.
 */
final class LibraryReport {
  private static final String UNKNOWN = "unknown";

  private final Log log;
  private final Metrics.Gauge info;
  private final int threads;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * A report that is still to be made.
   *
   * @param threads threads that compute, as configured
   */
  LibraryReport(Telemetry telemetry, int threads) {
    this.log = telemetry.log("llm.gpu.library");
    this.threads = threads;
    this.info =
        telemetry
            .metrics()
            .gauge(
                "llm_local_info",
                "1, labelled with the native library's version, CPU variant and devices.",
                "version",
                "variant",
                "devices");
  }

  /** Reports {@code library} the first time, and hands it on. */
  Library tell(Library library) {
    if (told.compareAndSet(false, true)) {
      String variant = library.variant().orElse(UNKNOWN);
      String devices = String.join(", ", library.devices());
      info.labels(library.version(), variant, devices).set(1);
      log.info("native_library_load")
          .put("version", library.version())
          .put("variant", variant)
          .put("devices", devices)
          .put("features", library.features())
          .put("folder", library.folder().toString())
          .put("cores", Runtime.getRuntime().availableProcessors())
          .put("threads", threads)
          .emit();
    }
    return library;
  }
}
