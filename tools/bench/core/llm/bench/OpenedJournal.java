package llm.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.bench.system.BenchFailure;
import llm.core.concurrent.TimerThread;
import llm.core.store.journal.JournalLogStore;
import llm.core.store.journal.JournalSettings;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.TelemetrySettings;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogKey;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/** How long a large journal takes to open, and the heap that it takes then. */
final class OpenedJournal {
  private static final String SPACE = "conversation";
  private static final int RECORDS_OF_A_LOG = 40;
  private static final int AT_ONCE = 200; // logs that grow side by side
  private static final double GIB = 1L << 30;

  private final Path folder;
  private final TimerThread timer = new TimerThread(_ -> {});
  private final JsonLines telemetry =
      new JsonLines(OutputStream.nullOutputStream(), TelemetrySettings.DEFAULT, TimeSource.SYSTEM);
  private int logs;
  private long records;
  private long bytes;

  private OpenedJournal(Path folder) {
    this.folder = folder;
  }

  /** Writes a journal of so many bytes and opens it some times. */
  static void measure(Path folder, long bytes, int times, Report report) {
    Commands.progress("writing a journal of " + (bytes >> 20) + " MiB");
    var journal = new OpenedJournal(folder);
    try {
      journal.write(bytes);
      journal.open(times, report);
    } catch (IOException | StoreException failure) {
      throw new BenchFailure("the journal failed: " + failure);
    } finally {
      journal.timer.close();
      journal.telemetry.close();
    }
  }

  private void write(long wanted) throws IOException, StoreException {
    var random = new Random(1);
    String text = "What people say to each other, and what they are answered. ".repeat(80);
    try (JournalLogStore store = store()) {
      while (bytes < wanted) {
        List<LogKey> keys = new ArrayList<>();
        List<LogIdentity> identities = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
          keys.add(new LogKey(SPACE, "conv-" + IdSource.RANDOM.next()));
          identities.add(new LogIdentity(IdSource.RANDOM.next()));
        }
        for (int position = 0; position < RECORDS_OF_A_LOG; position++) {
          for (int i = 0; i < AT_ONCE; i++) {
            String record = text.substring(0, 1_024 + random.nextInt(3_072));
            // A question comes with a description, as those of conversations are; an answer alone.
            Optional<String> head =
                position % 2 == 0 ? Optional.of("h".repeat(150)) : Optional.empty();
            store.append(
                keys.get(i), new LogPoint(identities.get(i), position), List.of(record), head);
            bytes += record.length();
            records++;
          }
        }
        logs += AT_ONCE;
      }
    }
  }

  private void open(int times, Report report) throws IOException, StoreException {
    Commands.progress("opening it");
    List<Double> seconds = new ArrayList<>();
    long before = heapBytes();
    long heap = 0;
    for (int i = 0; i < times; i++) {
      long start = System.nanoTime();
      try (JournalLogStore store = store()) {
        seconds.add((System.nanoTime() - start) / 1e9);
        int found = store.list(SPACE, Optional.empty(), Integer.MAX_VALUE).size();
        if (found != logs) {
          throw new BenchFailure(found + " logs were found of " + logs);
        }
        heap = heapBytes() - before;
      }
    }
    double gib = bytes / GIB;
    report.atMost(
        "conversation.open_s_per_gib",
        seconds.getFirst() / gib,
        "s",
        3,
        "%.1f GiB in %,d logs, %,d records, from the page cache; the first of %s s"
            .formatted(gib, logs, records, seconds.stream().map("%.2f"::formatted).toList()));
    report.plain(
        "conversation.open_heap_mib_per_gib",
        heap / 1048576.0 / gib,
        "MiB",
        "%.0f bytes a record".formatted((double) heap / records));
  }

  private JournalLogStore store() {
    var settings =
        new JournalSettings(
            Optional.of(Duration.ofSeconds(1)), 64 << 20, 16L << 30, 8 << 20, Duration.ofSeconds(60));
    try {
      return JournalLogStore.open(folder, settings, timer, telemetry);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static long heapBytes() {
    for (int i = 0; i < 4; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
