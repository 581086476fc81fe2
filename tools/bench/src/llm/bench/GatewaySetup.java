package llm.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import llm.bench.load.Load;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;
import llm.bench.system.Nginx;
import llm.bench.system.Server;
import llm.bench.system.UpstreamProcess;
import llm.bench.system.Workbench;

/** The processes of a gateway measurement: mock upstream, our server, nginx where installed. */
final class GatewaySetup implements AutoCloseable {
  /** A place to ask: the name, the port, what stands before the model's name, whose time counts. */
  record Target(String name, int port, String prefix, Supplier<List<Long>> pids) {}

  private final Server.Launcher launcher;
  private final UpstreamProcess upstream;
  private final Child server;
  private final int serverPort;
  private final boolean serverOnly;
  private final Optional<HttpServer> collector;
  private Optional<Child> nginx = Optional.empty();
  private int nginxPort;

  /**
   * Starts them.
   *
   * @param everything whether limits, the cache and traces are on, beside keys, logs and metrics
   */
  GatewaySetup(Workbench bench, String wantedServer, boolean serverOnly, boolean everything) {
    this.serverOnly = serverOnly;
    this.collector = everything ? Optional.of(collector()) : Optional.empty();
    this.launcher = Server.launcher(bench.root(), wantedServer);
    this.upstream = UpstreamProcess.start(bench.folder().resolve("upstream.err"));
    this.serverPort = Workbench.freePort();
    String providers = serverOnly ? Server.mockAlone() : Server.upstream(upstream.port());
    this.server =
        Server.start(
            bench,
            launcher,
            "server",
            serverPort,
            Server.configuration(serverPort, "host: 127.0.0.1", providers + more()),
            0);
    Optional<Path> program = serverOnly ? Optional.empty() : Nginx.program();
    if (program.isPresent()) {
      nginxPort = Workbench.freePort();
      nginx = Optional.of(Nginx.start(program.get(), bench, upstream.port(), nginxPort));
    }
  }

  /** Takes traces, and is glad of them. */
  private static HttpServer collector() {
    try {
      var collector =
          HttpServer.create(new InetSocketAddress(Workbench.loopback(0).getAddress(), 0), 0);
      collector.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
          });
      collector.start();
      return collector;
    } catch (IOException e) {
      throw new BenchFailure("no collector of traces can be opened: " + e.getMessage());
    }
  }

  private String more() {
    return collector.map(taker -> Server.everything(taker.getAddress().getPort())).orElse("");
  }

  String words() {
    return "server   "
        + launcher.words()
        + ", default logging on, to a file; one API key; "
        + (collector.isPresent()
            ? "limits on, a cache that each request misses, traces of 1 %; "
            : "")
        + (serverOnly
            ? "its own mock model, no upstream"
            : "upstream: mock in a process of its own, canned answers")
        + "\nnginx    "
        + (nginx.isPresent() ? Nginx.workers() + " workers, access_log off, buffering off" : "-");
  }

  Child server() {
    return server;
  }

  Target ours() {
    return new Target("ours", serverPort, serverOnly ? "" : "bench/", server::pids);
  }

  /** Ours before an upstream of Anthropic's dialect. */
  Target translated() {
    return new Target("translated", serverPort, "anthropic/", server::pids);
  }

  Target direct() {
    return new Target("direct", upstream.port(), "", upstream::pids);
  }

  Optional<Target> nginx() {
    return nginx.map(child -> new Target("nginx", nginxPort, "", child::pids));
  }

  /** A load on a target; the answer must have {@code tokens} tokens. */
  Runner runner(Target target, Question question, int connections, Duration ramp) {
    var plan =
        new Load.Plan(
            target.name + " " + question.name() + " x" + connections,
            new InetSocketAddress(Workbench.loopback(target.port).getAddress(), target.port),
            question.request(target),
            connections,
            loadThreads(),
            question.tokens(),
            ramp,
            false);
    return new Runner(new Load(plan), target.pids);
  }

  static int loadThreads() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
  }

  /** What is asked: the upstream's model, or words that the built-in mock model gives back. */
  record Question(String name, String model, boolean stream, int tokens, String prompt) {
    byte[] request(Target target) {
      return llm.bench.system.Http.chat(
          target.port, Server.KEY, target.prefix + model, stream, prompt);
    }
  }

  /** The question {@code model} of the upstream, or its like for the built-in model. */
  Question question(String name, String model, boolean stream, int tokens) {
    if (!serverOnly) {
      return new Question(
          name, model, stream, tokens, "Say something short, as always. " + Load.NUMBER);
    }
    return new Question(name, "mock", stream, tokens, "w~ ".repeat(tokens).strip());
  }

  /** Whether limits, cache and traces are off. */
  boolean bare() {
    return collector.isEmpty();
  }

  boolean serverOnly() {
    return serverOnly;
  }

  /** Fails with the server's last words when it is gone. */
  void check() {
    if (!server.alive()) {
      throw server.failure("ended during the measurement");
    }
  }

  @Override
  public void close() {
    nginx.ifPresent(Child::close);
    server.close();
    upstream.close();
    collector.ifPresent(taker -> taker.stop(0));
  }

  /** The message of {@code failure} and the server's last words. */
  BenchFailure explained(BenchFailure failure) {
    return new BenchFailure(
        failure.getMessage() + "\nThe server's last words:\n" + server.lastWords());
  }

  static Map<String, String> labels(String... pairs) {
    var labels = new java.util.TreeMap<String, String>();
    for (int i = 0; i < pairs.length; i += 2) {
      labels.put(pairs[i], pairs[i + 1]);
    }
    return labels;
  }
}
