package llm.gpu.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Predicate;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.gpu.memory.MemoryReading;
import llm.gpu.nvml.GpuWatch.Sight;
import llm.gpu.testmodel.CCompiler;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@DisplayName("T-6: the graphics processor as NVML tells it")
class GpuWatchTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * Stands for the library: reads what to say from a file, anew at each call. Fields: result of
   * init, result of a look, total, used, busy percent or -1 (-2: and a name without end), whether
   * to hang.
   */
  private static final String FAKE =
      """
      #include <stdio.h>
      #include <unistd.h>
      typedef struct { unsigned long long total, free, used; } memory;
      typedef struct { unsigned gpu, memory; } rates;
      static int init, look, busy, hang;
      static unsigned long long total, used;
      static void read_file(void) {
        FILE *in = fopen(CONTROL, "r");
        if (!in) return;
        fscanf(in, "%d %d %llu %llu %d %d", &init, &look, &total, &used, &busy, &hang);
        fclose(in);
      }
      int nvmlInit_v2(void) { read_file(); return init; }
      int nvmlShutdown(void) { return 0; }
      const char *nvmlErrorString(int code) { return code == 9 ? "Driver Not Loaded" : "Trouble"; }
      int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
        read_file();
        while (hang) { usleep(1000); read_file(); }
        if (index > 0) return 2;
        *device = (void *) 0x1000;
        return look;
      }
      int nvmlDeviceGetName(void *device, char *name, unsigned length) {
        if (busy == -2) for (unsigned i = 0; i <= length; i++) name[i] = 'x';
        else snprintf(name, length, "Fake GPU");
        return 0;
      }
      int nvmlDeviceGetMemoryInfo(void *device, memory *info) {
        info->total = total; info->used = used; info->free = total - used;
        return 0;
      }
      int nvmlDeviceGetUtilizationRates(void *device, rates *out) {
        if (busy < 0) return 3;
        out->gpu = busy; out->memory = 1;
        return 0;
      }
      int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, void *infos) {
        *count = 2;
        return 7;
      }
      """;

  @TempDir Path folder;

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private String fake(String says) throws IOException {
    say(says);
    String control = "-DCONTROL=\"" + folder.resolve("control.txt") + "\"";
    return CCompiler.require().library(folder, "fake-nvml.so", FAKE, control).toString();
  }

  private void say(String says) throws IOException {
    Path next = Files.writeString(folder.resolve("next.txt"), says);
    Files.move(next, folder.resolve("control.txt"), StandardCopyOption.ATOMIC_MOVE);
  }

  private GpuWatch watch(String library, int index) {
    return GpuWatch.start(library, index, telemetry, clock);
  }

  @Test
  void oneThatIsOnDemandBeginsWithTheFirstQuestionForMemory() {
    try (var watch = GpuWatch.onDemand(63, telemetry, clock)) {
      assertThat(watch.sight()).isEqualTo(GpuWatch.NOTHING);
      assertThat(watch.isWatching()).isFalse();
      assertThat(telemetry.trail()).isEmpty();
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (!watch.isSince(clock.nanoTime()) && System.nanoTime() - until < 0) {
        Thread.onSpinWait(); // it has looked, or there is nothing to look at
      }
      assertThat(watch.isSince(clock.nanoTime())).isTrue();
      assertThat(telemetry.trail()).first().asString().startsWith("gpu_watch_");
    }
  }

  private static Sight await(GpuWatch watch, Predicate<Sight> condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.test(watch.sight())) {
      assertThat(System.nanoTime() - until).as("%s", watch.sight()).isNegative();
      watch.lookNow();
      Thread.onSpinWait();
    }
    return watch.sight();
  }

  @Test
  void aMachineWithoutTheLibrarySaysSoOnce() {
    try (var watch = watch("/no/such/libnvidia-ml.so", 0)) {
      Sight seen = await(watch, sight -> sight.problem().isPresent());

      assertThat(seen.problem().orElseThrow())
          .startsWith("Memory of graphics processors is not watched: The library")
          .endsWith("is not there.");
      assertThat(seen.memory()).isEmpty();
      await(watch, _ -> !watch.isWatching());
      assertThat(telemetry.trail()).containsExactly("gpu_watch_absent");
    }
  }

  @Test
  void oneWithoutADriverToo() throws Exception {
    try (var watch = watch(fake("9 0 0 0 0 0"), 0)) {
      Sight seen = await(watch, sight -> sight.problem().isPresent());

      assertThat(seen.problem().orElseThrow())
          .contains("nvmlInit_v2 answers 9 (Driver Not Loaded).");
      await(watch, _ -> !watch.isWatching());
      assertThat(telemetry.trail()).containsExactly("gpu_watch_absent");
    }
  }

  @Test
  void whatChangesIsSeen() throws Exception {
    try (var watch = watch(fake("0 0 1000 400 42 0"), 0)) {
      Sight seen = await(watch, sight -> sight.gpu().isPresent());
      assertThat(seen.gpu().orElseThrow())
          .isEqualTo(
              new GpuWatch.Gpu(
                  0, "Fake GPU", 1000, 400, 600, OptionalInt.of(42), OptionalInt.of(2)));
      assertThat(seen.memory()).contains(new MemoryReading("VRAM of Fake GPU", 1000, 600));
      assertThat(telemetry.metrics().prometheusText())
          .contains("llm_gpu_memory_total_bytes 1000")
          .contains("llm_gpu_memory_used_bytes 400")
          .contains("llm_gpu_busy_ratio 0.42");

      say("0 0 1000 900 -1 0");
      seen = await(watch, sight -> sight.gpu().orElseThrow().usedBytes() == 900);
      assertThat(seen.gpu().orElseThrow().busyPercent()).as("not told").isEmpty();
    }
  }

  @Test
  void anErrorIsToldOnceAndGoesByItself() throws Exception {
    try (var watch = watch(fake("0 15 1000 400 42 0"), 0)) {
      Sight seen = await(watch, sight -> sight.problem().isPresent());
      assertThat(seen.problem().orElseThrow())
          .contains("nvmlDeviceGetHandleByIndex_v2 answers 15 (Trouble).");
      assertThat(seen.gpu()).isEmpty();

      say("0 0 1000 400 42 0");
      await(watch, sight -> sight.gpu().isPresent());
      assertThat(telemetry.trail().stream().filter("gpu_watch_failed"::equals)).hasSize(1);
    }
  }

  @Test
  void nonsenseOfADriverIsToldAndTheWatchGoesOn() throws Exception {
    try (var watch = watch(fake("0 0 1000 400 -2 0"), 0)) {
      await(watch, sight -> sight.problem().isPresent());
      assertThat(watch.isWatching()).isTrue();
      say("0 0 1000 400 42 0");
      await(watch, sight -> sight.gpu().isPresent());
      assertThat(telemetry.trail().stream().filter("gpu_watch_failed"::equals)).hasSize(1);
    }
  }

  @Test
  void aReadingIsOldUntilALookThatBeganLater() throws Exception {
    try (var watch = watch(fake("0 0 1000 400 42 0"), 0)) {
      await(watch, sight -> sight.gpu().isPresent());
      say("0 0 1000 900 42 1"); // so that no look begins and ends from here on
      clock.advance(Duration.ofMillis(1));
      long changed = clock.nanoTime();
      assertThat(watch.isSince(changed)).isFalse();
      say("0 0 1000 900 42 0");
      await(watch, _ -> watch.isSince(changed));
      assertThat(watch.reading()).contains(new MemoryReading("VRAM of Fake GPU", 1000, 100));

      clock.advance(Duration.ofMillis(1));
      say("0 0 1000 900 42 1");
      long hung = clock.nanoTime();
      clock.advance(GpuWatch.DEADLINE);
      clock.advance(Duration.ofMillis(1));
      assertThat(watch.isSince(hung)).as("nobody waits longer").isTrue();
      assertThat(watch.reading()).as("too old, whoever is to blame").isEmpty();
      say("0 0 1000 900 42 0");
    }
  }

  @Test
  void oneThatIsNotThereIsNamed() throws Exception {
    try (var watch = watch(fake("0 0 1000 400 42 0"), 3)) {
      Sight seen = await(watch, sight -> sight.problem().isPresent());

      assertThat(seen.problem().orElseThrow()).contains("There is no graphics processor 3.");
    }
  }

  @Test
  void aDriverThatHangsHoldsUpNobodyWhoAsks() throws Exception {
    try (var watch = watch(fake("0 0 1000 400 42 0"), 0)) {
      await(watch, sight -> sight.gpu().isPresent());
      say("0 0 1000 500 42 1");
      Sight seen =
          await(
              watch,
              sight -> {
                clock.advance(Duration.ofSeconds(1));
                return sight.problem().isPresent();
              });
      assertThat(seen.problem().orElseThrow()).matches(".* has not answered for \\d+ s; .*");
      assertThat(seen.memory()).as("what it was says nothing now").isEmpty();

      say("0 0 1000 600 42 0");
      await(watch, sight -> sight.gpu().map(gpu -> gpu.usedBytes() == 600).orElse(false));
    }
  }
}
