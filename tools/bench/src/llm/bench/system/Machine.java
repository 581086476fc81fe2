package llm.bench.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;

/** The machine and the commit, as they stand above every table. */
public final class Machine {
  private Machine() {}

  /** One line of facts each, for the repository at {@code root}. */
  public static String facts(Path root) {
    return "machine  "
        + cpu()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores, "
        + memoryGib()
        + " GiB, Linux "
        + System.getProperty("os.version")
        + ", JDK "
        + Runtime.version()
        + "\ncommit   "
        + commit(root)
        + ", "
        + LocalDateTime.now(ZoneOffset.UTC)
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'"))
        + ", load average before: "
        + loadAverage()
        + busyWarning();
  }

  private static String cpu() {
    return Proc.read(Path.of("/proc/cpuinfo"))
        .lines()
        .filter(l -> l.startsWith("model name"))
        .map(l -> l.substring(l.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static long memoryGib() {
    return Proc.read(Path.of("/proc/meminfo"))
        .lines()
        .filter(l -> l.startsWith("MemTotal:"))
        .mapToLong(l -> Math.round(Long.parseLong(l.replaceAll("\\D", "")) / 1048576.0))
        .findFirst()
        .orElse(0);
  }

  private static double loadAverage() {
    return Double.parseDouble(Proc.read(Path.of("/proc/loadavg")).split(" ")[0]);
  }

  private static String busyWarning() {
    return loadAverage() > Runtime.getRuntime().availableProcessors() / 2.0
        ? "\nWARNING  other work runs on this machine; expect rates and delays worse than alone"
        : "";
  }

  private static String commit(Path root) {
    String commit = git(root, "rev-parse", "--short", "HEAD");
    if (commit.isEmpty()) {
      return "unknown";
    }
    boolean changed = !git(root, "status", "--porcelain", "-uno").isEmpty();
    return commit + (changed ? " with local changes" : "");
  }

  /** The output of a git command; empty when there is no git or no repository. */
  private static String git(Path root, String... arguments) {
    var command = new java.util.ArrayList<>(java.util.List.of("git", "-C", root.toString()));
    command.addAll(java.util.List.of(arguments));
    if (!Files.exists(root.resolve(".git"))) {
      return "";
    }
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? output : "";
    } catch (IOException _) {
      return "";
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }
}
