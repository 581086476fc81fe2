package llm.bench.kill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.bench.local.Fields;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/**
 * The server with the mock model and a store, killed and started again on its port. Small files of
 * the journal, small windows and few conversations in memory, so that a short run meets all of
 * their ends. One thread's.
 */
public final class Victim implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final String REST =
      """
      providers:
        local:
          builtin: false
        mock:
          delay_ms: 0
          first_token_delay_ms: 2
      store:
        segment_bytes: 1048576
      conversation:
        warmup_threshold_ratio: 0.3
        handover_threshold_ratio: 0.4
        resident: %d
      """;

  private static final int LOGS = 4; // of the latest processes

  private final Workbench bench;
  private final Server.Launcher launcher;
  private final Path configuration;
  private final Map<String, String> environment;
  private final int port;
  private Child child;
  private int starts;

  /**
   * Starts one.
   *
   * @param resident conversations that stay in memory
   * @param redis where conversations are kept; empty for a journal
   */
  public Victim(
      Workbench bench, Server.Launcher launcher, int resident, Optional<RedisServer> redis) {
    this.bench = bench;
    this.launcher = launcher;
    this.port = Workbench.freePort();
    this.environment = environment(bench, redis);
    bench.write("models.yml", "models:\n  mock:\n    context_tokens: 8000\n");
    this.configuration =
        bench.write("server.yml", Server.configuration(port, "", REST.formatted(resident)));
    start();
    awaitHealthy();
  }

  /** In the environment, before whatever the user's own says: that Redis is not ours to fill. */
  private static Map<String, String> environment(Workbench bench, Optional<RedisServer> redis) {
    return redis.isPresent()
        ? Map.of(
            "LLM_STORE_KIND", "redis", "LLM_REDIS_URL", "redis://127.0.0.1:" + redis.get().port())
        : Map.of(
            "LLM_STORE_KIND",
            "journal",
            "LLM_STORE_DATA_DIR",
            bench.folder().resolve("data").toString());
  }

  /** Starts it again, and waits for nothing. */
  public void start() {
    Path log = bench.folder().resolve("server-" + starts++ % LOGS + ".log");
    List<String> command =
        List.of(launcher.program().toString(), "--config", configuration.toString());
    child = Child.start("the server", command, environment, log);
  }

  /** Waits until it answers; how long that took from now, in ms. */
  public long awaitHealthy() {
    return Http.awaitOk(child, port, "/health", START_LIMIT) / 1_000_000;
  }

  /** SIGKILL, and its end awaited. */
  public void kill() {
    child.kill();
  }

  /** Where it listens on loopback. */
  public int port() {
    return port;
  }

  /** What its {@code /health} says, of itself first. */
  public String health() {
    try {
      return Fields.text(body("/health"), "status");
    } catch (IOException _) {
      throw child.failure("did not tell its health");
    }
  }

  /** What waits in its memory for the store. */
  public double backlogBytes() {
    try {
      return Fields.metric(body("/metrics"), "llm_conversation_backlog_bytes");
    } catch (IOException _) {
      throw child.failure("did not tell its metrics");
    }
  }

  private String body(String path) throws IOException {
    return Http.get(port, path, Server.KEY);
  }

  @Override
  public void close() {
    child.close();
  }
}
