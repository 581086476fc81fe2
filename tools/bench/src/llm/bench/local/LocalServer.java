package llm.bench.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Proc;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/** The real server with one model behind {@code local}, as a user starts it. */
public final class LocalServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Child child;
  private final int port;

  private LocalServer(Child child, int port) {
    this.child = child;
    this.port = port;
  }

  /**
   * Starts it and waits until the model has answered.
   *
   * @param more further lines of the section {@code providers.local}
   * @param jvmOptions of the server's JVM; empty text for the launcher's own alone
   */
  public static LocalServer start(
      Workbench bench,
      Server.Launcher launcher,
      String name,
      Path model,
      Setting setting,
      String more,
      String jvmOptions) {
    int port = Workbench.freePort();
    String local =
        """
        providers:
          local:
            model: %s
            context_tokens: %d
            batch_tokens: %d
            threads: %d
        """
                .formatted(
                    quoted(model),
                    setting.contextTokens(),
                    setting.batchTokens(),
                    setting.threads())
            + more.indent(4);
    Path file = bench.write(name + ".yml", Server.configuration(port, "", local));
    List<String> command =
        setting.pinned(List.of(launcher.program().toString(), "--config", file.toString()));
    Map<String, String> environment =
        jvmOptions.isEmpty() ? Map.of() : Map.of("LLM_JAVA_OPTS", jvmOptions);
    Child child =
        Child.start("the server", command, environment, bench.folder().resolve(name + ".log"));
    Http.awaitOk(child, port, "/health", START_LIMIT);
    var server = new LocalServer(child, port);
    server.ask(Question.greedy("warm up", 2)).whole(2);
    return server;
  }

  /** As YAML takes it whatever is in it: blanks, colons, hashes. */
  static String quoted(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }

  /** Where it listens on loopback. */
  public int port() {
    return port;
  }

  /** Its process. */
  public long pid() {
    return child.pid();
  }

  /** Processor time so far. */
  public long cpuMicros() {
    return Proc.cpuMicros(List.of(child.pid()));
  }

  /** Its metrics in Prometheus' text format, with the head of the response. */
  public String metrics() {
    try {
      return Http.get(port, "/metrics", Server.KEY);
    } catch (IOException _) {
      throw child.failure("did not tell its metrics");
    }
  }

  /** Asks and reads to the end. */
  public Answer ask(Question question) {
    return Completion.ask(port, question);
  }

  @Override
  public void close() {
    child.close();
  }
}
