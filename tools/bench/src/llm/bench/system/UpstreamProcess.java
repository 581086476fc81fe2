package llm.bench.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The mock upstream as a process of its own. */
public final class UpstreamProcess implements AutoCloseable {
  private static final String READY = "listening on ";

  private final Process process;
  private final int port;

  private UpstreamProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it and waits until it listens; it ends with this process. */
  public static UpstreamProcess start(Path log) {
    int loops = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    var command =
        List.of(
            Workbench.java(),
            "-XX:+UseSerialGC",
            "-Xms64m",
            "-cp",
            System.getProperty("java.class.path"),
            "llm.bench.upstream.Upstream",
            String.valueOf(loops));
    try {
      Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
      var output =
          new BufferedReader(
              new java.io.InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
      String line = output.readLine();
      if (line == null || !line.startsWith(READY)) {
        throw new BenchFailure("the mock upstream did not start: " + Proc.read(log));
      }
      return new UpstreamProcess(process, Integer.parseInt(line.substring(READY.length())));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the mock upstream", e);
    }
  }

  /** Where it listens on loopback. */
  public int port() {
    return port;
  }

  /** Its process. */
  public List<Long> pids() {
    return List.of(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
  }
}
