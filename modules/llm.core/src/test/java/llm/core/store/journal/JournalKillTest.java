package llm.core.store.journal;

import static llm.core.store.Points.at;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.port.LogStore;
import llm.domain.store.LogKey;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process that writes as fast as it can is killed by a signal, again and again. */
class JournalKillTest {
  private static final int ROUNDS = 8;
  private static final int WRITERS = 3;
  private static final int COMPACT_EVERY = 25;
  private static final long SEED = 20_261_121;

  @TempDir Path folder;

  /** What the process does that is killed. */
  static final class Writer {
    private Writer() {}

    /** Appends until it is killed, and says what was acknowledged. */
    public static void main(String[] args) throws Exception {
      try (var store = open(Path.of(args[0]));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < WRITERS; i++) {
          var key = key(i);
          threads.submit(() -> write(store, key));
        }
      }
    }

    private static Void write(LogStore store, LogKey key) throws StoreException {
      for (long next = end(store, key); ; next++) {
        store.append(key, at(next), List.of(text(next)), Optional.of("head " + next));
        System.out.println(key.id() + " " + next);
        if (next % COMPACT_EVERY == COMPACT_EVERY - 1) {
          store.compact(key, at(next - 3), "to " + (next - 3));
        }
      }
    }
  }

  private static LogStore open(Path folder) throws IOException {
    var settings =
        new JournalSettings(Optional.empty(), 9_000, 1 << 30, 1 << 20, Duration.ofSeconds(10));
    return JournalLogStore.open(folder, settings, new ManualClock(), new RecordingTelemetry());
  }

  private static LogKey key(int writer) {
    return new LogKey("test", "w" + writer);
  }

  private static String text(long position) {
    return position + "x".repeat((int) (position % 97));
  }

  private static long end(LogStore store, LogKey key) throws StoreException {
    return store.find(key).map(info -> info.end().position()).orElse(0L);
  }

  private Process start() throws IOException {
    String domain = LogStore.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    String path =
        String.join(
            File.pathSeparator,
            Path.of("target", "classes").toAbsolutePath().toString(),
            Path.of("target", "test-classes").toAbsolutePath().toString(),
            domain);
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            path,
            Writer.class.getName(),
            folder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void noKillLosesWhatWasAcknowledged() throws Exception {
    var random = new Random(SEED);
    var acknowledged = new HashMap<String, Long>();
    for (int round = 0; round < ROUNDS; round++) {
      Process process = start();
      try (BufferedReader lines = process.inputReader()) {
        for (int left = 1 + random.nextInt(300); left > 0; left--) {
          note(lines.readLine(), acknowledged);
        }
        process.toHandle().destroyForcibly(); // SIGKILL; its output stays open, to be read
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          note(line, acknowledged);
        }
      }
      assertThat(process.waitFor()).as("killed, not failed").isEqualTo(128 + 9);
      try (var store = open(folder)) {
        for (int writer = 0; writer < WRITERS; writer++) {
          check(store, key(writer), acknowledged, "seed " + SEED + ", round " + round);
        }
      }
    }
  }

  private static void note(String line, Map<String, Long> acknowledged) {
    assertThat(line).as("the process ended by itself").isNotNull();
    String[] words = line.split(" ");
    if (words.length == 2 && !words[1].isEmpty()) { // the last line may be cut
      acknowledged.merge(words[0], Long.parseLong(words[1]), Math::max);
    }
  }

  private static void check(LogStore store, LogKey key, Map<String, Long> acknowledged, String told)
      throws Exception {
    long last = acknowledged.getOrDefault(key.id(), -1L);
    long end = end(store, key);
    assertThat(end).as(told).isGreaterThanOrEqualTo(last + 1).isLessThanOrEqualTo(last + 3);
    var expected = new ArrayList<LogRecord>();
    List<LogRecord> read = store.read(key, 0, Integer.MAX_VALUE).records();
    if (!read.isEmpty() && read.getFirst().text().startsWith("to ")) {
      long position = read.getFirst().position();
      expected.add(new LogRecord(position, "to " + position));
    }
    long first = expected.isEmpty() ? 0 : expected.getFirst().position() + 1;
    for (long position = first; position < end; position++) {
      expected.add(new LogRecord(position, text(position)));
    }
    assertThat(read).as(told).isEqualTo(expected);
    if (end > 0) {
      assertThat(store.find(key).orElseThrow().head()).isEqualTo("head " + (end - 1));
    }
  }
}
