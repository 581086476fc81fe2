package llm.bench.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A process that the benchmark started; it is ended when the benchmark ends, however that happens.
 * Its output goes to a file, standard error beside it.
 */
public final class Child implements AutoCloseable {
  private static final Duration TERM_PATIENCE = Duration.ofSeconds(10);
  private static final int LOG_TAIL_CHARS = 3000;

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    Runtime.getRuntime().addShutdownHook(new Thread(this::destroy));
  }

  /** Starts {@code command}; standard output goes to {@code log}, errors to {@code log}.err. */
  public static Child start(
      String name, List<String> command, Map<String, String> environment, Path log) {
    try {
      var builder =
          new ProcessBuilder(command)
              .redirectOutput(log.toFile())
              .redirectError(errors(log).toFile());
      builder.environment().putAll(environment);
      return new Child(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name + ": " + command.getFirst(), e);
    }
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** This process and those it started. */
  public List<Long> pids() {
    var pids = new java.util.ArrayList<>(List.of(process.pid()));
    process.descendants().forEach(d -> pids.add(d.pid()));
    return pids;
  }

  /** Whether it runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** The file that holds its standard output. */
  public Path log() {
    return log;
  }

  /** Sends SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  /** Its exit code once it ended; -1 when it did not within {@code limit}. */
  public int exitCode(Duration limit) {
    try {
      return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS) ? process.exitValue() : -1;
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What it wrote last, both streams, for messages. */
  public String lastWords() {
    return tail(log) + tail(errors(log));
  }

  /** The failure that tells what {@code name} wrote last. */
  public BenchFailure failure(String what) {
    return new BenchFailure(name + " " + what + ". Its last words:\n" + lastWords());
  }

  /** Sends SIGKILL, to what it started too, and waits for the end. */
  public void kill() {
    destroy();
    if (exitCode(TERM_PATIENCE) == -1 && process.isAlive()) {
      throw failure("does not die");
    }
  }

  /** SIGTERM, and SIGKILL when that takes more than 10 s. */
  @Override
  public void close() {
    process.destroy();
    if (exitCode(TERM_PATIENCE) == -1 && process.isAlive()) {
      kill();
    }
  }

  private void destroy() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static Path errors(Path log) {
    return log.resolveSibling(log.getFileName() + ".err");
  }

  private static String tail(Path file) {
    try {
      String text = Files.exists(file) ? Files.readString(file) : "";
      return text.substring(Math.max(0, text.length() - LOG_TAIL_CHARS));
    } catch (IOException e) {
      return "(" + file + " cannot be read: " + e.getMessage() + ")";
    }
  }
}
