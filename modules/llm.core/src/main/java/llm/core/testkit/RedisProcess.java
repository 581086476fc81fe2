package llm.core.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A real redis-server in a folder of its own; it may be killed, and started again on its port. The
 * program comes from the test dependency {@code org.signal:embedded-redis}. For one thread.
 */
public final class RedisProcess implements AutoCloseable {
  private final Path folder;
  private final int port;
  private final List<String> options;
  private Process process;

  private RedisProcess(Path folder, int port, List<String> options) {
    this.folder = folder;
    this.port = port;
    this.options = options;
  }

  /**
   * Starts one that syncs every write.
   *
   * @param options more arguments of redis-server
   */
  public static RedisProcess start(Path folder, String... options) throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var all =
        new ArrayList<>(List.of("--appendonly", "yes", "--appendfsync", "always", "--save", ""));
    all.addAll(List.of(options));
    var redis = new RedisProcess(folder, port, all);
    redis.start();
    return redis;
  }

  /** Starts it again, and returns once it serves. */
  public void start() throws IOException {
    Path binary = folder.resolve("redis-server");
    if (!Files.exists(binary)) {
      unpack(binary);
    }
    var command =
        new ArrayList<>(
            List.of(
                binary.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString()));
    command.addAll(options);
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader output = process.inputReader();
    var said = new ArrayList<String>();
    for (String line = output.readLine(); ; line = output.readLine()) {
      if (line == null) {
        throw new IllegalStateException("redis-server ended: " + said);
      }
      said.add(line);
      if (line.contains("Ready to accept connections")) {
        Thread.startVirtualThread(() -> output.lines().forEach(_ -> {}));
        return;
      }
    }
  }

  private static void unpack(Path binary) throws IOException {
    boolean arm = System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64");
    String name = "redis-server-7.0.15-linux-" + (arm ? "arm64" : "amd64");
    try (var in = ClassLoader.getSystemResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no " + name + " on the class path");
      }
      Files.copy(in, binary, StandardCopyOption.REPLACE_EXISTING);
    }
    if (!binary.toFile().setExecutable(true)) {
      throw new IllegalStateException(binary + " cannot be made executable");
    }
  }

  /** Its port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** SIGKILL, and its end awaited. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
