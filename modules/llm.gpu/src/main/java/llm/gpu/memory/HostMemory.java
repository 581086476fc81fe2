package llm.gpu.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Ordinary memory of this process, by Linux' {@code /proc/meminfo} and the limits of its control
 * groups, version 2 and 1. Of several limits the one with the least room counts. Elsewhere nothing
 * is known. Thread-safe; reads a few small files a call.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2, memory</a>
 */
public final class HostMemory {
  private static final long MAX_LINE_FILE = 1 << 20; // bytes; these files are a few lines

  private final Path root;

  /**
   * The memory of a machine.
   *
   * @param root where its files begin, {@code /}
   */
  public HostMemory(Path root) {
    this.root = root;
  }

  /** That of this machine. */
  public static HostMemory ofThisMachine() {
    return new HostMemory(Path.of("/"));
  }

  /** How full it is now; empty where that cannot be known. */
  public Optional<MemoryReading> read() {
    List<String> lines = lines(root.resolve("proc/meminfo"));
    OptionalLong total = kilobytes(lines, "MemTotal:");
    OptionalLong available = kilobytes(lines, "MemAvailable:");
    if (total.isEmpty() || available.isEmpty()) {
      return Optional.empty();
    }
    var machine = new MemoryReading("RAM", total.getAsLong() << 10, available.getAsLong() << 10);
    return Stream.concat(Stream.of(machine), groups(machine))
        .min((left, right) -> Long.compare(left.availableBytes(), right.availableBytes()));
  }

  private Stream<MemoryReading> groups(MemoryReading machine) {
    return lines(root.resolve("proc/self/cgroup")).stream()
        .flatMap(this::folders)
        .flatMap(folder -> group(folder, machine).stream());
  }

  /** The folders of one line of {@code /proc/self/cgroup}: the group's own and those above. */
  private Stream<Path> folders(String line) {
    String[] parts = line.split(":", 3);
    if (parts.length < 3) {
      return Stream.empty();
    }
    boolean second = parts[0].equals("0") && parts[1].isEmpty();
    boolean first = List.of(parts[1].split(",")).contains("memory");
    if (!second && !first) {
      return Stream.empty();
    }
    Path mount = root.resolve(second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    Path own = mount.resolve(parts[2].replaceFirst("^/+", "")).normalize();
    return Stream.iterate(own, folder -> folder.startsWith(mount), Path::getParent);
  }

  private static Optional<MemoryReading> group(Path folder, MemoryReading machine) {
    OptionalLong limit =
        number(folder, "memory.max", "memory.limit_in_bytes").stream()
            .filter(bytes -> bytes < machine.totalBytes())
            .findFirst();
    OptionalLong used = number(folder, "memory.current", "memory.usage_in_bytes");
    if (limit.isEmpty() || used.isEmpty()) {
      return Optional.empty(); // no limit of its own
    }
    long cached = reclaimable(folder);
    long available = Math.max(0, limit.getAsLong() - Math.max(0, used.getAsLong() - cached));
    return Optional.of(new MemoryReading("RAM of the control group", limit.getAsLong(), available));
  }

  /** Pages of files that nobody has used for a while: they count as used and are given up first. */
  private static long reclaimable(Path folder) {
    List<String> stat = lines(folder.resolve("memory.stat"));
    return Stream.of("total_inactive_file ", "inactive_file ")
        .flatMap(key -> stat.stream().filter(line -> line.startsWith(key)))
        .findFirst()
        .map(line -> parse(line.substring(line.indexOf(' ') + 1)).orElse(0))
        .orElse(0L);
  }

  private static OptionalLong number(Path folder, String... names) {
    for (String name : names) {
      OptionalLong value =
          lines(folder.resolve(name)).stream()
              .findFirst()
              .map(HostMemory::parse)
              .orElse(OptionalLong.empty());
      if (value.isPresent()) {
        return value;
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong kilobytes(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .map(line -> parse(line.substring(key.length()).replace("kB", "")))
        .orElse(OptionalLong.empty());
  }

  private static OptionalLong parse(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException word) {
      return OptionalLong.empty(); // "max" is no limit
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) <= MAX_LINE_FILE
          ? Files.readAllLines(file)
          : List.of();
    } catch (IOException unreadable) {
      return List.of(); // what cannot be read says nothing
    }
  }
}
