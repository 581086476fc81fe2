package llm.gpu.testmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the process holds at one moment, as Linux counts it.
 *
 * @param kilobytes resident memory
 * @param threads native ones, those of the JVM included
 * @param descriptors open files and sockets
 */
public record Residency(long kilobytes, long threads, long descriptors) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int BLOCKS = 5;

  /** Something done again and again. */
  @FunctionalInterface
  public interface Round {
    /** Does it once. */
    void run(int number) throws Exception;
  }

  /**
   * Asserts that {@code rounds} leave nothing behind; skips the test where there is no {@code
   * /proc}. They are run in five blocks after one that warms up, and the median of the blocks'
   * growth counts: a leak makes each of them grow, while the JVM's own memory grows now and then,
   * when it compiles or extends its heap.
   *
   * @param maxKilobytes growth of resident memory that a block may have
   */
  public static void assertFlat(int rounds, long maxKilobytes, Round round) throws Exception {
    if (!Files.isReadable(STATUS)) {
      String reason = "there is no " + STATUS + " to read the size of the process from";
      System.out.println("skipped: " + reason);
      abort(reason);
    }
    List<Residency> after = new ArrayList<>();
    for (int block = 0; block <= BLOCKS; block++) {
      for (int i = 0; i < rounds / BLOCKS; i++) {
        round.run(i);
      }
      System.gc(); // so that garbage of Java's does not count
      after.add(now());
    }
    List<Long> growth = new ArrayList<>();
    for (int block = 1; block <= BLOCKS; block++) {
      growth.add(after.get(block).kilobytes() - after.get(block - 1).kilobytes());
    }
    String all = " over blocks of " + rounds / BLOCKS + " rounds: " + after;
    assertThat(growth.stream().sorted().toList().get(BLOCKS / 2))
        .as("median growth in kB of %s%s", growth, all)
        .isLessThan(maxKilobytes);
    assertThat(after.stream().skip(1).mapToLong(Residency::descriptors).min().orElseThrow())
        .as("open descriptors" + all)
        .isLessThanOrEqualTo(after.getFirst().descriptors());
    assertThat(after.stream().skip(1).mapToLong(Residency::threads).min().orElseThrow())
        .as("threads" + all)
        .isLessThanOrEqualTo(after.getFirst().threads());
  }

  private static Residency now() throws IOException {
    String status = Files.readString(STATUS);
    try (Stream<Path> open = Files.list(DESCRIPTORS)) {
      return new Residency(number(status, "VmRSS"), number(status, "Threads"), open.count());
    }
  }

  private static long number(String status, String name) {
    var line = Pattern.compile("(?m)^" + name + ":\\s*(\\d+)").matcher(status);
    if (!line.find()) {
      throw new AssertionError(STATUS + " has no " + name);
    }
    return Long.parseLong(line.group(1));
  }
}
