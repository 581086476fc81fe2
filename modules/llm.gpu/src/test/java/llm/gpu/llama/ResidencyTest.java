package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** T-5: models come and go, and leave nothing behind in memory, descriptors or threads. */
@Timeout(300)
class ResidencyTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int LOADS = 100;
  private static final int BLOCKS = 5;
  private static final long MAX_GROWTH_KILOBYTES = 1500; // of a block
  private static final int WINDOW = 4096; // 1 MB of memory for it
  private static final int BATCH = 16;

  @TempDir Path folder;

  /**
   * Compares blocks of loads and looks at the median: a leak makes each of them grow, while the
   * JVM's own memory grows now and then, when it compiles or extends its heap.
   */
  @Test
  void aModelLoadedAndFreedAHundredTimesLeavesNothingBehind() throws Exception {
    requireProc();
    Library library = TestFiles.library();
    Path file = TinyModel.plain(WINDOW).writeTo(folder.resolve("tiny.gguf"));
    List<Use> after = new ArrayList<>();
    for (int block = 0; block <= BLOCKS; block++) { // the first one warms up
      for (int i = 0; i < LOADS / BLOCKS; i++) {
        loadUseAndFree(library, file);
      }
      System.gc(); // so that garbage of Java's does not count
      after.add(Use.now());
    }

    List<Long> growth = new ArrayList<>();
    for (int block = 1; block <= BLOCKS; block++) {
      growth.add(after.get(block).residentKilobytes() - after.get(block - 1).residentKilobytes());
    }
    assertThat(growth.stream().sorted().toList().get(BLOCKS / 2))
        .as("median of the growth in kB of blocks of %d loads %s", LOADS / BLOCKS, growth)
        .isLessThan(MAX_GROWTH_KILOBYTES);
    assertThat(after.getLast().descriptors()).isLessThanOrEqualTo(after.getFirst().descriptors());
    assertThat(after.getLast().threads()).isLessThanOrEqualTo(after.getFirst().threads());
  }

  private static void requireProc() {
    if (!Files.isReadable(STATUS)) {
      String reason = "there is no " + STATUS + " to read the size of the process from";
      System.out.println("skipped: " + reason);
      abort(reason);
    }
  }

  private static void loadUseAndFree(Library library, Path file) throws LlamaException {
    try (Model model = Model.load(library, file, _ -> true);
        Context context = model.newContext(new ContextOptions(WINDOW, BATCH, 2));
        Batch batch = new Batch(BATCH);
        Sampler sampler = new Sampler(new SamplerOptions(1, 40, .9f, .1f, 1))) {
      for (int i = 0; i < BATCH; i++) {
        batch.add(5 + i, i);
      }
      batch.askForLogits();
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
      assertThat(sampler.sample(context, BATCH - 1)).isNotNegative();
    }
  }

  private record Use(long residentKilobytes, long threads, long descriptors) {
    static Use now() throws IOException {
      String status = Files.readString(STATUS);
      try (Stream<Path> open = Files.list(DESCRIPTORS)) {
        return new Use(number(status, "VmRSS"), number(status, "Threads"), open.count());
      }
    }

    private static long number(String status, String name) {
      var line = Pattern.compile("(?m)^" + name + ":\\s*(\\d+)").matcher(status);
      assertThat(line.find()).isTrue();
      return Long.parseLong(line.group(1));
    }
  }
}
