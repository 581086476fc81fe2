package llm.gpu.pages;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import llm.gpu.ffi.os.MemoryAdvice;

/**
 * Puts large native allocations into huge pages. Weights are read whole for every token, and with
 * pages of 4 KiB the processor spends several percent of that on looking their addresses up.
 *
 * <p>C allocates them out of sight, so they are found by what is mapped before and after. Where
 * something else is mapped meanwhile it gets huge pages too, which is harmless; so is moving what
 * was freed since. Linux only, with {@code /sys/kernel/mm/transparent_hugepage/enabled} at {@code
 * madvise} or {@code always}; anywhere else nothing happens. Immutable.
 */
public final class HugePages {
  /** Allocations below this are left alone: thread stacks, arenas, the runtime's own. */
  private static final long MIN_BYTES = 16L << 20;

  private static final long HUGE_PAGE = 2L << 20; // of x86-64, and of arm64 with pages of 4 KiB
  private static final long PAGE = 4096;
  private static final long AT_ONCE = 64L << 20; // others that map memory wait for as much

  private final List<MemorySegment> ranges;

  private HugePages(List<MemorySegment> ranges) {
    this.ranges = ranges;
  }

  /** Begins to look: what is allocated from now on is meant. */
  public static Watch watch() {
    return new Watch(Regions.now());
  }

  /** What was mapped when a look began. */
  public static final class Watch {
    private final Regions before;

    private Watch(Regions before) {
      this.before = before;
    }

    /** The large allocations since the look began. */
    public HugePages end() {
      return new HugePages(ranges(Regions.now().newSince(before)));
    }
  }

  /**
   * Moves the allocations into huge pages. Blocks, about a second a gigabyte; whoever reads them
   * meanwhile goes on.
   *
   * @return bytes that were moved, 0 where that cannot be
   */
  public long move() {
    long moved = 0;
    for (MemorySegment range : ranges) {
      if (MemoryAdvice.hugePages(range)) {
        moved += collapsed(range);
      }
    }
    return moved;
  }

  /**
   * The parts that are in use: moving what was never touched would take memory for nothing. Pages
   * touched later are huge ones from the start.
   */
  private static long collapsed(MemorySegment range) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pages = arena.allocate(range.byteSize() / PAGE);
      if (!MemoryAdvice.resident(range, pages)) {
        return 0;
      }
      long moved = 0;
      long from = 0; // of the run of huge pages in use that ends at `to`
      for (long to = 0; to <= range.byteSize(); to += HUGE_PAGE) {
        boolean goesOn = to < range.byteSize() && isInUse(pages, to / PAGE);
        if ((!goesOn || to - from == AT_ONCE) && to > from) {
          moved += MemoryAdvice.collapse(range.asSlice(from, to - from)) ? to - from : 0;
          from = to;
        }
        from = goesOn ? from : to + HUGE_PAGE;
      }
      return moved;
    }
  }

  private static boolean isInUse(MemorySegment pages, long first) {
    for (long page = first; page < first + HUGE_PAGE / PAGE; page++) {
      if ((pages.get(ValueLayout.JAVA_BYTE, page) & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /** The whole huge pages within the regions that are worth it. */
  private static List<MemorySegment> ranges(List<Regions.Region> regions) {
    List<MemorySegment> ranges = new ArrayList<>();
    for (Regions.Region region : regions) {
      long start = (region.start() + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
      long end = region.end() / HUGE_PAGE * HUGE_PAGE;
      if (end - start >= MIN_BYTES) {
        ranges.add(MemorySegment.ofAddress(start).reinterpret(end - start));
      }
    }
    return ranges;
  }
}
