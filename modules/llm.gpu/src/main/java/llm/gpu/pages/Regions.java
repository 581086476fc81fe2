package llm.gpu.pages;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is mapped into this process.
 *
 * @param all in the order of their addresses, which are disjoint
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html">proc_pid_maps(5)</a>
 */
record Regions(List<Region> all) {
  private static final Path MAPS = Path.of("/proc/self/maps");

  /** Address range, rights, offset, device and inode; a name follows where it has one. */
  private static final Pattern LINE =
      Pattern.compile(
          "([0-9a-f]{1,15})-([0-9a-f]{1,15}) (\\S{4}) [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ (\\d+)(.*)");

  /**
   * A range of addresses.
   *
   * @param start the first
   * @param end the one behind the last
   * @param heap whether it is private memory to read and write with no file behind it
   */
  record Region(long start, long end, boolean heap) {}

  /** Copies the list. */
  Regions {
    all = List.copyOf(all);
  }

  /** As it is now; empty where the system does not tell. */
  static Regions now() {
    try (Stream<String> lines = Files.lines(MAPS)) {
      return parse(lines);
    } catch (IOException | UncheckedIOException unreadable) {
      return new Regions(List.of());
    }
  }

  static Regions parse(Stream<String> lines) {
    List<Region> regions = new ArrayList<>();
    lines
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .forEach(line ->
            regions.add(
                new Region(
                    Long.parseLong(line.group(1), 16),
                    Long.parseLong(line.group(2), 16),
                    line.group(3).equals("rw-p")
                        && line.group(4).equals("0")
                        && line.group(5).isBlank())));
    return new Regions(regions);
  }

  /** The parts of memory without a file that were not mapped at all in {@code before}. */
  List<Region> newSince(Regions before) {
    List<Region> found = new ArrayList<>();
    for (Region region : all) {
      long from = region.start();
      for (Region old : before.all()) {
        if (region.heap() && old.end() > from && old.start() < region.end()) {
          if (old.start() > from) {
            found.add(new Region(from, old.start(), true));
          }
          from = old.end();
        }
      }
      if (region.heap() && from < region.end()) {
        found.add(new Region(from, region.end(), true));
      }
    }
    return found;
  }
}
