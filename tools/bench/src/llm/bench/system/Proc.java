package llm.bench.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux tells of processes in {@code /proc}. */
public final class Proc {
  /** USER_HZ, in which {@code /proc/PID/stat} counts: 100 on every Linux that runs a JDK. */
  private static final long TICK_MICROS = 10_000;

  private static final int UTIME = 11;
  private static final int STIME = 12;

  private Proc() {}

  /** utime + stime of the processes in microseconds, in steps of 10 ms. */
  public static long cpuMicros(List<Long> pids) {
    long ticks = 0;
    for (long pid : pids) {
      ticks += ticks(read(Path.of("/proc/" + pid + "/stat")));
    }
    return ticks * TICK_MICROS;
  }

  private static long ticks(String stat) {
    // The name in parentheses may hold spaces; fields are counted behind it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
  }

  /**
   * utime + stime of the JVM's compiler threads that live now, in microseconds, in steps of 10 ms a
   * thread; 0 for other programs.
   */
  public static long compilerMicros(List<Long> pids) {
    long ticks = 0;
    for (long pid : pids) {
      try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
        for (Path task : tasks.toList()) {
          String stat = read(task.resolve("stat"));
          ticks += stat.contains("(C1 Compiler") || stat.contains("(C2 Compiler") ? ticks(stat) : 0;
        }
      } catch (IOException | BenchFailure _) {
        continue; // a thread ended; the next look tells
      }
    }
    return ticks * TICK_MICROS;
  }

  /** VmRSS in KiB. */
  public static long residentKib(long pid) {
    return number(Path.of("/proc/" + pid + "/status"), "VmRSS:");
  }

  /** Private resident memory in KiB: what would be free without the process. */
  public static long privateKib(long pid) {
    Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
    return number(rollup, "Private_Clean:") + number(rollup, "Private_Dirty:");
  }

  /** Context switches of all threads of the processes that live now. */
  public static long contextSwitches(List<Long> pids) {
    long sum = 0;
    for (long pid : pids) {
      try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
        for (Path task : tasks.toList()) {
          sum += switches(task.resolve("status"));
        }
      } catch (IOException _) {
        return sum; // The process ended; what it used before counts.
      }
    }
    return sum;
  }

  /** Open file descriptors. */
  public static long descriptors(long pid) {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new BenchFailure("cannot list the descriptors of " + pid + ": " + e.getMessage());
    }
  }

  /** The soft limit of open files of the process {@code pid}. */
  public static long descriptorLimit(String pid) {
    for (String line : read(Path.of("/proc/" + pid + "/limits")).lines().toList()) {
      if (line.startsWith("Max open files")) {
        String soft = line.substring("Max open files".length()).strip().split("\\s+")[0];
        return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
      }
    }
    throw new BenchFailure("no limit of open files in /proc/" + pid + "/limits");
  }

  /**
   * Whether a process still holds its end of the TCP connection from {@code localPort} to {@code
   * remotePort}, both on this machine. The kernel alone may hold it longer, to send what is left.
   */
  public static boolean holdsConnection(int localPort, int remotePort) {
    return Stream.of("/proc/net/tcp", "/proc/net/tcp6")
        .map(Path::of)
        .filter(Files::isReadable)
        .flatMap(table -> read(table).lines().skip(1))
        .map(line -> line.strip().split("\\s+"))
        .anyMatch(f -> port(f[1]) == localPort && port(f[2]) == remotePort && !f[9].equals("0"));
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1), 16);
  }

  private static long switches(Path status) {
    try {
      return number(status, "voluntary_ctxt_switches:")
          + number(status, "nonvoluntary_ctxt_switches:");
    } catch (BenchFailure _) {
      return 0; // The thread ended meanwhile.
    }
  }

  private static long number(Path file, String key) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.substring(key.length()).strip().split(" ")[0]))
        .findFirst()
        .orElseThrow(() -> new BenchFailure("no " + key + " in " + file));
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new BenchFailure("cannot read " + file + " (did its process end?): " + e.getMessage());
    }
  }
}
