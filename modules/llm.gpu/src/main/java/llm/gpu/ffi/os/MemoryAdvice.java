package llm.gpu.ffi.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * {@code madvise} and {@code mincore} of Linux, for memory that is not Java's. Only advice that
 * leaves the bytes as they are is offered, so that a wrong range costs time and nothing else.
 * Thread-safe.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/mincore.2.html">mincore(2)</a>
 */
public final class MemoryAdvice {
  private static final int MADV_HUGEPAGE = 14;
  private static final int MADV_COLLAPSE = 25;
  private static final Optional<MethodHandle> MADVISE =
      find("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final Optional<MethodHandle> MINCORE =
      find("mincore", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));

  private MemoryAdvice() {}

  /**
   * Asks that pages of {@code range} come from huge ones from now on.
   *
   * @param range begins at a page
   * @return whether the kernel takes such advice
   */
  public static boolean hugePages(MemorySegment range) {
    return advise(range, MADV_HUGEPAGE);
  }

  /**
   * Moves what is in {@code range} into huge pages now; blocks for about a millisecond per 4 MiB.
   *
   * @param range begins at a huge page, was given to {@link #hugePages}
   * @return whether all of it lies in huge pages; false where the kernel is older than 6.1
   */
  public static boolean collapse(MemorySegment range) {
    return advise(range, MADV_COLLAPSE);
  }

  /**
   * Which pages of {@code range} were ever touched.
   *
   * @param range begins at a page
   * @param pages takes a byte a page, odd when it is there
   * @return whether the kernel told
   */
  public static boolean resident(MemorySegment range, MemorySegment pages) {
    if (MINCORE.isEmpty()) {
      return false;
    }
    try {
      return (int) MINCORE.get().invokeExact(range, range.byteSize(), pages) == 0;
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable thrown) {
      throw new AssertionError("mincore", thrown);
    }
  }

  private static boolean advise(MemorySegment range, int advice) {
    if (MADVISE.isEmpty()) {
      return false;
    }
    try {
      return (int) MADVISE.get().invokeExact(range, range.byteSize(), advice) == 0;
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable thrown) {
      throw new AssertionError("madvise", thrown);
    }
  }

  private static Optional<MethodHandle> find(String name, FunctionDescriptor descriptor) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty(); // the numbers above are Linux's
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(symbol -> linker.downcallHandle(symbol, descriptor));
  }
}
