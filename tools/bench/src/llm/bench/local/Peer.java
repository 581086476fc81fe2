package llm.bench.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llm.bench.system.BenchFailure;

/**
 * A process that waits for a command a line and answers each with a line of JSON, so that several
 * can take turns. Ends with this process. One thread's.
 */
public final class Peer implements AutoCloseable {
  private static final int TAIL = 2000;

  private final String name;
  private final Process process;
  private final OutputStream commands;
  private final BufferedReader answers;
  private final Path errors;

  private Peer(String name, Process process, Path errors) {
    this.name = name;
    this.process = process;
    this.errors = errors;
    this.commands = process.getOutputStream();
    this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Starts {@code command} and waits for the line that has {@code ready} in it. */
  public static Peer start(String name, List<String> command, Path folder, String ready) {
    Path errors = folder.resolve(name + ".err");
    try {
      var builder = new ProcessBuilder(command).redirectError(errors.toFile());
      builder.environment().put("GGML_NO_BACKTRACE", "1");
      Process process = builder.start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      var peer = new Peer(name, process, errors);
      peer.lineWith(ready);
      return peer;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command.getFirst(), e);
    }
  }

  /** The process. */
  public long pid() {
    return process.pid();
  }

  /** Sends a command; the next line with {@code mark} in it. */
  String ask(String command, String mark) {
    try {
      commands.write((command + "\n").getBytes(UTF_8));
      commands.flush();
    } catch (IOException _) {
      throw ended();
    }
    return lineWith(mark);
  }

  private String lineWith(String mark) {
    try {
      String line = answers.readLine();
      while (line != null && !line.contains(mark)) {
        line = answers.readLine();
      }
      if (line == null) {
        throw ended();
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read from " + name, e);
    }
  }

  private BenchFailure ended() {
    try {
      process.waitFor(5, TimeUnit.SECONDS);
      String words = Files.readString(errors);
      return new BenchFailure(
          name
              + " has ended. Its last words:\n"
              + words.substring(Math.max(0, words.length() - TAIL)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }
}
