package llm.train.score;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The product's own server, started by {@code tools/run} on a free port for as long as this is
 * open: with an empty configuration, in a folder of its own, and without the variables that would
 * configure it. Ended by {@link #close} and with this process.
 */
final class ProductServer implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("\"address\":\"(http://[^\"]+)\"");
  private static final Set<String> VARIABLES =
      Set.of("PATH", "HOME", "JAVA_HOME", "TMPDIR", "LANG", "LC_ALL", "MAVEN_OPTS");
  private static final int KEPT_LINES = 20;
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  private final Process process;
  private final Path folder;
  private final CompletableFuture<URI> address = new CompletableFuture<>();
  private final Deque<String> lastLines = new ArrayDeque<>(); // guarded by itself

  private ProductServer(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(process::destroy));
    Thread.startVirtualThread(this::readOutput);
  }

  /**
   * Starts it and waits until it serves.
   *
   * @param root the repository
   * @param model a GGUF file to serve as {@code local}; the caller closes what this returns
   * @param limit how long it may take, with the build of what changed
   * @throws CannotScore when it does not come up, with its last lines
   */
  static ProductServer start(Path root, Optional<Path> model, Duration limit)
      throws CannotScore, InterruptedException {
    ProductServer server;
    try {
      server = launch(root, model);
    } catch (IOException failure) {
      throw new CannotScore("the server cannot be started: " + failure);
    }
    try {
      server.address.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return server;
    } catch (TimeoutException late) {
      String said = server.said();
      server.close();
      throw new CannotScore("the server did not come up in " + limit.toSeconds() + " s" + said);
    } catch (ExecutionException ended) {
      String said = server.said();
      server.close();
      throw new CannotScore("the server ended before it served" + said);
    } catch (InterruptedException stop) {
      server.close();
      throw stop;
    }
  }

  private static ProductServer launch(Path root, Optional<Path> model) throws IOException {
    Path folder = Files.createTempDirectory("llm-score");
    Path working = Files.createDirectory(folder.resolve("run"));
    Path config = Files.writeString(working.resolve("config.yml"), "# nothing is configured\n");
    var command = new ArrayList<String>();
    command.add(root.resolve("tools").resolve("run").toString());
    command.add("--port=0");
    command.add("--config=" + config);
    model.ifPresent(file -> command.add("--model=" + file.toAbsolutePath()));
    var builder = new ProcessBuilder(command).directory(working.toFile()).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(VARIABLES);
    try {
      return new ProductServer(builder.start(), folder);
    } catch (IOException failure) {
      remove(folder);
      throw failure;
    }
  }

  /** Where it listens. */
  URI address() {
    return address.join();
  }

  /** Ends it and removes its folder. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(STOP_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException late) {
      process.destroyForcibly();
    } catch (InterruptedException stop) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    remove(folder);
  }

  private void readOutput() {
    try (BufferedReader reader = process.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        keep(line);
        Matcher told = ADDRESS.matcher(line);
        if (told.find()) {
          address.complete(URI.create(told.group(1)));
        }
      }
    } catch (IOException broken) {
      keep(broken.toString());
    } finally {
      address.completeExceptionally(new IllegalStateException("the output has ended"));
    }
  }

  private void keep(String line) {
    synchronized (lastLines) {
      if (lastLines.size() == KEPT_LINES) {
        lastLines.removeFirst();
      }
      lastLines.addLast(line);
    }
  }

  private String said() {
    synchronized (lastLines) {
      return lastLines.isEmpty()
          ? ", and said nothing"
          : "; it said:\n  " + String.join("\n  ", lastLines);
    }
  }

  /** Leaves what cannot be removed to the system's temporary folder. */
  private static void remove(Path folder) {
    try (Stream<Path> inside = Files.walk(folder)) {
      for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException kept) {
      folder.toFile().deleteOnExit();
    }
  }
}
