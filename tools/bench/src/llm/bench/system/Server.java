package llm.bench.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The server under test: from the linked image or from the modules, as a user starts it. */
public final class Server {
  /** The key that requests carry; the configuration holds its hash. */
  public static final String KEY = "bench-0123456789abcdef0123456789abcdef";

  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  /** How the server is started. */
  public record Launcher(Path program, String words) {}

  private Server() {}

  /**
   * Finds what to start.
   *
   * @param wanted {@code image}, {@code modules}, {@code auto} (the image when it is newer than the
   *     modules) or a program's path
   */
  public static Launcher launcher(Path root, String wanted) {
    Path run = root.resolve("tools/run");
    switch (wanted) {
      case "modules" -> {
        return new Launcher(run, "modules (tools/run)");
      }
      case "auto", "image" -> {
        Optional<Path> image = image(root);
        if (image.isPresent() && (wanted.equals("image") || fresh(root, image.get()))) {
          return new Launcher(image.get(), "image (" + root.relativize(image.get()) + ")");
        }
        if (wanted.equals("image")) {
          throw new BenchFailure("no image under target/: build one with tools/image");
        }
        String why = image.isPresent() ? "; the image is older than the sources" : "";
        return new Launcher(run, "modules (tools/run" + why + ")");
      }
      default -> {
        Path program = Path.of(wanted).toAbsolutePath();
        if (!Files.isExecutable(program)) {
          throw new BenchFailure(
              "--server "
                  + wanted
                  + " is no program; give image, modules, auto"
                  + " or the path of bin/llm-server");
        }
        return new Launcher(program, program.toString());
      }
    }
  }

  /** The launcher of the newest image under {@code target/}. */
  public static Optional<Path> image(Path root) {
    Path target = root.resolve("target");
    if (!Files.isDirectory(target)) {
      return Optional.empty();
    }
    try (Stream<Path> folders = Files.list(target)) {
      return folders
          .map(folder -> folder.resolve("bin/llm-server"))
          .filter(Files::isExecutable)
          .max(Comparator.comparing(Server::made));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + target, e);
    }
  }

  /** The configuration that every server under test has: a port, a key and more. */
  public static String configuration(int port, String server, String rest) {
    return """
    server:
      port: %d
    %s
    auth:
      keys:
        - name: bench
          sha256: %s
    %s
    """
        .formatted(port, server.indent(2).stripTrailing(), hash(), rest);
  }

  /**
   * The providers section that makes the mock upstream known as {@code bench}, in OpenAI's dialect,
   * and as {@code anthropic} in Anthropic's.
   */
  public static String upstream(int port) {
    return """
    providers:
      mock:
        delay_ms: 0
        first_token_delay_ms: 0
      openai_compatible:
        upstreams:
          bench:
            base_url: http://127.0.0.1:%d/v1
            server: generic
            models: [whole]
      anthropic:
        base_url: http://127.0.0.1:%d
        models: [whole, burst-100]
    """
        .formatted(port, port);
  }

  /**
   * Everything that a request may pass on its way: limits that let all in, the cache, which asked
   * models keep their answers in, and traces of one request in a hundred.
   *
   * @param collector the port where traces are taken
   */
  public static String everything(int collector) {
    return """
    limits:
      rules:
        keys:
          each: [key]
          requests_per_minute: 1000000000
          tokens_per_minute: 1000000000
        models:
          each: [model]
          requests_per_day: 1000000000
          cost_per_day: 1000000
    cache:
      models:
        bench/whole: {use: always}
        bench/burst-100: {use: always}
        anthropic/whole: {use: always}
        anthropic/burst-100: {use: always}
    tracing:
      endpoint: http://127.0.0.1:%d
      sample_ratio: 0.01
    """
        .formatted(collector);
  }

  /** The providers section for the mock alone: no model is in memory. */
  public static String mockAlone() {
    return """
    providers:
      local:
        builtin: false
      mock:
        delay_ms: 0
        first_token_delay_ms: 0
    """;
  }

  /**
   * Starts the server and waits until it is healthy.
   *
   * @param descriptors the limit of open files it gets; 0 leaves it as it is
   */
  public static Child start(
      Workbench bench,
      Launcher launcher,
      String name,
      int port,
      String configuration,
      long descriptors) {
    Path file = bench.write(name + ".yml", configuration);
    var command = new ArrayList<String>();
    if (descriptors > 0) {
      command.addAll(List.of("/bin/sh", "-c", "ulimit -n " + descriptors + "; exec \"$@\"", "sh"));
    }
    command.addAll(List.of(launcher.program().toString(), "--config", file.toString()));
    Child child =
        Child.start("the server", command, Map.of(), bench.folder().resolve(name + ".log"));
    Http.awaitOk(child, port, "/health", START_LIMIT);
    return child;
  }

  private static boolean fresh(Path root, Path image) {
    Path built = root.resolve("modules/llm.server/target/modules/.built");
    return !Files.exists(built) || time(built, "lastModifiedTime").compareTo(made(image)) <= 0;
  }

  /** When the image was put there: its files' own times are those of the commit. */
  private static FileTime made(Path program) {
    return time(program, "unix:ctime");
  }

  private static FileTime time(Path file, String attribute) {
    try {
      return (FileTime) Files.getAttribute(file, attribute);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash() {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8));
      return "sha256:" + HexFormat.of().formatHex(sha);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
