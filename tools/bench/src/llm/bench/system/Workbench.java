package llm.bench.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** The repository and the folder in which a benchmark keeps its logs and configurations. */
public record Workbench(Path root, Path folder) {

  /** An empty folder {@code target/bench/run/name} of the repository that the scripts name. */
  public static Workbench open(String name) {
    Path root = Path.of(System.getProperty("bench.root")).toAbsolutePath();
    Path folder = root.resolve("target/bench/run").resolve(name);
    try {
      if (Files.exists(folder)) {
        try (Stream<Path> old = Files.walk(folder)) {
          for (Path file : old.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot empty " + folder, e);
    }
    return new Workbench(root, folder);
  }

  /** Writes a file into the folder. */
  public Path write(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + folder.resolve(name), e);
    }
  }

  /** A port of the loopback address that nobody uses now. */
  public static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port", e);
    }
  }

  /** A loopback address; the port as given. */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** The java of the JDK that runs this benchmark. */
  public static String java() {
    return jdkTool("java");
  }

  /** A tool of the JDK that runs this benchmark. */
  public static String jdkTool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }
}
