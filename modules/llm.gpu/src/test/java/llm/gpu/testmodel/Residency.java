package llm.gpu.testmodel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the process holds at one moment, as Linux and the C library count it.
 *
 * @param kilobytes memory that C code has allocated and not freed: Java's heap is not part of it
 * @param threads native ones, those of the JVM included
 * @param descriptors open files and sockets
 */
public record Residency(long kilobytes, long threads, long descriptors) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int BLOCKS = 5;

  /** {@code struct mallinfo2} of glibc's malloc.h: ten counts, of which two are read. */
  private static final StructLayout MALLINFO =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(4, JAVA_LONG),
          JAVA_LONG.withName("hblkhd"),
          MemoryLayout.sequenceLayout(2, JAVA_LONG),
          JAVA_LONG.withName("uordblks"),
          MemoryLayout.sequenceLayout(2, JAVA_LONG));

  private static final Optional<MethodHandle> MALLINFO2 =
      Linker.nativeLinker()
          .defaultLookup()
          .find("mallinfo2")
          .map(found ->
              Linker.nativeLinker().downcallHandle(found, FunctionDescriptor.of(MALLINFO)));

  /** Something done again and again. */
  @FunctionalInterface
  public interface Round {
    /** Does it once. */
    void run(int number) throws Exception;
  }

  /**
   * Asserts that {@code rounds} leave nothing behind; skips the test where there is no {@code
   * /proc} or no glibc. They are run in five blocks after one that warms up, and the median of the
   * blocks' growth counts: a leak makes each of them grow, while the JVM's own memory grows now and
   * then, when it compiles.
   *
   * @param maxKilobytes growth of allocated memory that a block may have
   */
  public static void assertFlat(int rounds, long maxKilobytes, Round round) throws Exception {
    if (!Files.isReadable(STATUS) || MALLINFO2.isEmpty()) {
      String reason = "there is no " + STATUS + " or no mallinfo2 to ask what the process holds";
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
      return new Residency(allocated() / 1024, number(status, "Threads"), open.count());
    }
  }

  private static long allocated() {
    try (Arena arena = Arena.ofConfined()) {
      var info = (MemorySegment) MALLINFO2.orElseThrow().invokeExact((SegmentAllocator) arena);
      return info.get(JAVA_LONG, MALLINFO.byteOffset(PathElement.groupElement("hblkhd")))
          + info.get(JAVA_LONG, MALLINFO.byteOffset(PathElement.groupElement("uordblks")));
    } catch (Throwable thrown) {
      throw new AssertionError("mallinfo2", thrown);
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
