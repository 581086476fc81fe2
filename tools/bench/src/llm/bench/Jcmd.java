package llm.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import llm.bench.system.BenchFailure;
import llm.bench.system.Workbench;

/** Commands to a running JVM by the JDK's {@code jcmd}. */
final class Jcmd {
  private Jcmd() {}

  /** Runs a diagnostic command in the JVM {@code pid}; its output. */
  static String run(long pid, String... command) {
    var line = new ArrayList<>(List.of(Workbench.jdkTool("jcmd"), String.valueOf(pid)));
    line.addAll(List.of(command));
    return output(line);
  }

  /** Runs a program to its end; its output, both streams. */
  static String output(List<String> line) {
    try {
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new BenchFailure(String.join(" ", line) + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + line.getFirst(), e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }
}
