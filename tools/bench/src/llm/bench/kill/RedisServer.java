package llm.bench.kill;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;
import llm.bench.system.Workbench;

/**
 * A redis-server of the soak's own, in its folder, which syncs every write before it answers; it is
 * killed and started again on its port. One thread's.
 */
public final class RedisServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final long RETRY_NANOS = Duration.ofMillis(5).toNanos();
  private static final String NAME = "redis-server";

  private final Path program;
  private final Path folder;
  private final int port = Workbench.freePort();
  private Child child;

  private RedisServer(Path program, Path folder) {
    this.program = program;
    this.folder = folder;
  }

  /**
   * Starts one.
   *
   * @param wanted a program's path; empty for the one on the PATH, else the one that the tests use
   */
  public static RedisServer start(Workbench bench, String wanted) {
    Path folder = bench.folder().resolve("redis");
    try {
      Files.createDirectories(folder);
      var redis = new RedisServer(program(wanted, folder), folder);
      redis.start();
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a redis-server in " + folder, e);
    }
  }

  /** Starts it again, and waits until it serves. */
  public void start() {
    child =
        Child.start(
            "the redis-server",
            List.of(
                program.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString(),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always"),
            Map.of(),
            folder.resolve("redis.log"));
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!child.alive() || System.nanoTime() > end) {
        throw child.failure("does not answer");
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(Workbench.loopback(port), (int) START_LIMIT.toMillis());
      socket.setSoTimeout((int) START_LIMIT.toMillis());
      socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes("+PONG".length());
      return new String(answer, US_ASCII).equals("+PONG"); // -LOADING until it has read its file
    } catch (IOException _) {
      return false; // Not yet; asked again.
    }
  }

  /** Where it listens on loopback. */
  public int port() {
    return port;
  }

  /** SIGKILL, and its end awaited. */
  public void kill() {
    child.kill();
  }

  @Override
  public void close() {
    child.close();
  }

  private static Path program(String wanted, Path folder) throws IOException {
    if (!wanted.isEmpty()) {
      return executable(wanted);
    }
    Optional<Path> found =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .map(each -> Path.of(each, NAME))
            .filter(Files::isExecutable)
            .findFirst();
    return found.isPresent() ? found.get() : unpacked(folder);
  }

  private static Path executable(String wanted) {
    Path program = Path.of(wanted).toAbsolutePath();
    if (!Files.isExecutable(program)) {
      throw new BenchFailure("--redis-server " + wanted + " is no program");
    }
    return program;
  }

  /** The one in the jar that Maven fetched for the tests. */
  private static Path unpacked(Path folder) throws IOException {
    Path jars =
        Path.of(System.getProperty("user.home"), ".m2/repository/org/signal/embedded-redis");
    String platform = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    if (Files.isDirectory(jars)) {
      try (Stream<Path> files = Files.walk(jars)) {
        for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
          Optional<Path> program = unpacked(jar, platform, folder.resolve(NAME));
          if (program.isPresent()) {
            return program.get();
          }
        }
      }
    }
    throw new BenchFailure(
        "no redis-server on the PATH, and none that the tests fetched below "
            + jars
            + "; install one, or name it with --redis-server");
  }

  private static Optional<Path> unpacked(Path jar, String platform, Path to) throws IOException {
    try (var zip = FileSystems.newFileSystem(jar);
        Stream<Path> names = Files.list(zip.getPath("/"))) {
      Optional<Path> inside =
          names
              .filter(name -> name.getFileName().toString().startsWith(NAME))
              .filter(name -> name.toString().endsWith("linux-" + platform))
              .findFirst();
      if (inside.isEmpty()) {
        return Optional.empty();
      }
      try (InputStream in = Files.newInputStream(inside.get())) {
        Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (!to.toFile().setExecutable(true)) {
      throw new BenchFailure(to + " cannot be made executable");
    }
    return Optional.of(to);
  }
}
