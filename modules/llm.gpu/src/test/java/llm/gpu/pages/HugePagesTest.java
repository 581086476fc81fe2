package llm.gpu.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HugePagesTest {
  private static final Path SWITCH = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final long BYTES = 64L << 20;
  private static final long ROUNDED_OFF = 4L << 20; // at both ends

  @BeforeEach
  void needsHugePages() throws IOException {
    assumeTrue(
        Files.isReadable(SWITCH) && !Files.readString(SWITCH).contains("[never]"),
        "this system gives no transparent huge pages");
  }

  @Test
  void movesWhatIsInUseAndLeavesItsBytes() {
    HugePages.Watch watch = HugePages.watch();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(BYTES);
      for (long i = 0; i < BYTES / Long.BYTES; i++) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, i, i * 0x9E3779B97F4A7C15L);
      }
      long moved = watch.end().move();
      assumeTrue(moved > 0, "the kernel has no huge page free, or is older than 6.1");
      assertThat(moved).isBetween(BYTES - ROUNDED_OFF, BYTES);
      for (long i = 0; i < BYTES / Long.BYTES; i++) {
        assertThat(memory.getAtIndex(ValueLayout.JAVA_LONG, i) == i * 0x9E3779B97F4A7C15L).isTrue();
      }
    }
  }

  @Test
  void leavesAloneWhatWasNeverTouched() throws Throwable {
    HugePages.Watch watch = HugePages.watch();
    Linker linker = Linker.nativeLinker();
    var malloc =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("malloc"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    var free =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("free"),
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    var memory = (MemorySegment) malloc.invokeExact(BYTES); // Java's own allocator clears
    try {
      assertThat(watch.end().move()).isZero();
    } finally {
      free.invokeExact(memory);
    }
  }

  @Test
  void findsNothingWhereNothingLargeWasAllocated() {
    HugePages.Watch watch = HugePages.watch();
    try (Arena arena = Arena.ofConfined()) {
      arena.allocate(1 << 20).fill((byte) 1);
      assertThat(watch.end().move()).isZero();
    }
  }

  @Test
  void doesNoHarmToWhatWasFreedMeanwhile() {
    HugePages.Watch watch = HugePages.watch();
    HugePages found;
    try (Arena arena = Arena.ofConfined()) {
      arena.allocate(BYTES).fill((byte) 1);
      found = watch.end();
    }
    assertThat(found.move()).isZero();
  }
}
