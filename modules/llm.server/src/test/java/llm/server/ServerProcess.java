package llm.server;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The real process, started as its users start it, from the modules that the build packaged. */
final class ServerProcess implements AutoCloseable {
  private static final Path MODULES = Path.of("target", "modules").toAbsolutePath();
  private static final Pattern ADDRESS = Pattern.compile("\"address\":\"(https?://[^\"]+)\"");
  private static final long LIMIT_SECONDS = 90;

  private final Process process;
  private final List<String> lines = new ArrayList<>(); // of standard output; guarded by itself
  private final CompletableFuture<String> address = new CompletableFuture<>();
  private final CompletableFuture<Void> outputEnd;
  private final CompletableFuture<String> errors;

  private ServerProcess(Process process) {
    this.process = process;
    this.outputEnd = CompletableFuture.runAsync(this::readOutput, Thread::startVirtualThread);
    this.errors =
        CompletableFuture.supplyAsync(
            () -> process.errorReader().lines().toList().toString(), Thread::startVirtualThread);
  }

  /** Runs {@code java -m llm.server} with these arguments. */
  static ServerProcess run(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    return runMain("llm.server", folder, environment, arguments);
  }

  /** Runs {@code java -m main} with these arguments. */
  static ServerProcess runMain(
      String main, Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-p",
                MODULES.toString(),
                "--enable-native-access=llm.gpu",
                "-m",
                main));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).directory(new File(folder.toString()));
    builder.environment().keySet().removeIf(name -> name.startsWith("LLM_"));
    builder.environment().putAll(environment);
    return new ServerProcess(builder.start());
  }

  /** A server on a free port, once it has said that it serves. */
  static ServerProcess serve(Path folder, Map<String, String> environment, String... arguments)
      throws Exception {
    var all = new ArrayList<>(List.of("--port", "0"));
    all.addAll(List.of(arguments));
    var server = run(folder, environment, all.toArray(String[]::new));
    server.address.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    return server;
  }

  URI uri(String path) {
    return URI.create(address.join() + path);
  }

  int port() {
    return uri("/").getPort();
  }

  HttpRequest post(String path, String body) {
    return HttpRequest.newBuilder(uri(path))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  /** Sends SIGTERM; by the handle, because the process's own method closes its output too. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Sends SIGHUP. */
  void hangUp() throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("kill -HUP failed");
    }
  }

  /** Sends SIGKILL. */
  void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Waits for the end and returns the exit code. */
  int exitCode() throws Exception {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the process has not ended; it said " + output());
    }
    return process.exitValue();
  }

  /** Standard output, once the process has ended. */
  List<String> allOutput() throws Exception {
    outputEnd.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    return output();
  }

  /** Standard output so far. */
  List<String> output() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** Standard error, once the process has ended. */
  String errors() throws Exception {
    return errors.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  /** Waits until a line of standard output has {@code text}. */
  String awaitLine(String text) throws InterruptedException {
    return awaitLine(text, 0);
  }

  /** The same, behind the first {@code seen} lines. */
  String awaitLine(String text, int seen) throws InterruptedException {
    long until = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
    synchronized (lines) {
      for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
        var found = lines.stream().skip(seen).filter(line -> line.contains(text)).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
        lines.wait(left / 1_000_000 + 1);
      }
    }
    throw new AssertionError("no line with " + text + " in " + output());
  }

  /** Waits until {@code count} lines of standard output have {@code text}. */
  void awaitLines(String text, int count) throws InterruptedException {
    long until = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
    synchronized (lines) {
      long found = 0;
      int looked = 0;
      while (found < count && System.nanoTime() < until) {
        found += lines.stream().skip(looked).filter(line -> line.contains(text)).count();
        looked = lines.size();
        if (found < count) {
          lines.wait(Math.max(1, (until - System.nanoTime()) / 1_000_000));
        }
      }
      if (found < count) {
        throw new AssertionError(found + " lines with " + text + ", not " + count);
      }
    }
  }

  /** Ends the process, and waits until it writes nothing more into its folder. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  private void readOutput() {
    try (BufferedReader reader = process.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
        var matcher = ADDRESS.matcher(line);
        if (matcher.find()) {
          address.complete(matcher.group(1));
        }
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } finally {
      address.completeExceptionally(new IllegalStateException("ended before it served: " + lines));
    }
  }
}
