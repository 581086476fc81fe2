package llm.server.boot;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.config.ConfigException;
import llm.core.config.ConfigProblem;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.config.Section;
import llm.core.conversation.ConversationSettings;
import llm.core.gateway.Gateway;
import llm.core.idempotency.IdempotencySettings;
import llm.core.limit.LimitSettings;
import llm.core.response.ResponsesSettings;
import llm.core.telemetry.TelemetrySettings;
import llm.core.trace.TracingSettings;
import llm.server.api.monitor.MonitorSettings;
import llm.server.auth.AuthSettings;
import llm.server.http.HttpSettings;
import llm.server.tls.TlsSettings;
import llm.server.ws.WebSocketSettings;

/**
 * What the process itself reads of the configuration; the gateway reads the rest from {@link
 * #root()}, and then {@link #verify()} says what was wrong in all of it.
 */
final class Settings {
  /** What is known of models; beside the main file. */
  static final String MODELS = "models.yml";

  /** The prompts of the conversation; beside the main file. */
  static final String PROMPTS = "prompts.yml";

  private final Configuration main;
  private final Configuration prompts;
  private final FutureTask<Models> models;
  private final HttpSettings http;
  private final Optional<TlsSettings> tls;
  private final WebSocketSettings webSocket;
  private final MonitorSettings monitor;
  private final AuthSettings auth;
  private final TelemetrySettings telemetry;
  private final Prompts texts;
  private final ConversationSettings conversations;
  private final ResponsesSettings responses;
  private final IdempotencySettings idempotency;
  private final StoreSettings store;
  private final TracingSettings tracing;

  /** What {@link #MODELS} holds; the largest file by far. */
  private record Models(Configuration file, Catalogue catalogue) {
    static Models read(Configuration main) throws ConfigException {
      var file = main.beside(MODELS);
      return new Models(file, Catalogue.read(file.root()));
    }
  }

  private Settings(Configuration main, Configuration prompts, FutureTask<Models> models) {
    this.main = main;
    this.prompts = prompts;
    this.models = models;
    Section server = server(main.root());
    this.http = HttpSettings.read(server);
    this.tls = TlsSettings.read(server);
    this.webSocket = WebSocketSettings.read(server, http.limits().write());
    this.monitor = MonitorSettings.read(server);
    this.auth = auth(main.root());
    this.telemetry = TelemetrySettings.read(main.root());
    this.texts = Prompts.read(prompts.root());
    this.conversations = conversations(main.root());
    this.responses = responses(main.root());
    this.idempotency = idempotency(main.root());
    this.store = store(main.root());
    this.tracing = TracingSettings.read(main.root());
    requireLoopbackOrKeys(server);
    requireOwnEngineForTls(server);
  }

  /**
   * Reads the files; that of the models, which takes as long as all the rest of the start, when it
   * is first asked for.
   *
   * @throws ConfigException when one cannot be read at all
   */
  static Settings read(ConfigSources sources) throws ConfigException {
    return read(sources, Optional.empty());
  }

  /**
   * The same with the prompts of another file.
   *
   * @param prompts empty: those beside the main file
   */
  static Settings read(ConfigSources sources, Optional<Path> prompts) throws ConfigException {
    var main = Configuration.load(sources);
    var texts = prompts.isPresent() ? main.other(prompts.get()) : main.beside(PROMPTS);
    return new Settings(main, texts, new FutureTask<>(() -> Models.read(main)));
  }

  /** Declares the settings read here, for the reference. */
  static void declare(Section root) {
    Section server = server(root);
    TlsSettings.read(server);
    var http = HttpSettings.read(server);
    WebSocketSettings.read(server, http.limits().write());
    MonitorSettings.read(server);
    auth(root);
    conversations(root);
    responses(root);
    idempotency(root);
    TelemetrySettings.read(root);
    TracingSettings.read(root);
    store(root);
  }

  private static Section server(Section root) {
    return root.section("server", "The HTTP server.");
  }

  private static AuthSettings auth(Section root) {
    return AuthSettings.read(root.section("auth", "Who may use the server."));
  }

  private static ConversationSettings conversations(Section root) {
    return ConversationSettings.read(
        root.section("conversation", "Talks that the server remembers."));
  }

  private static ResponsesSettings responses(Section root) {
    return ResponsesSettings.read(
        root.section("responses", "Answers of /v1/responses that the server keeps."));
  }

  private static IdempotencySettings idempotency(Section root) {
    return IdempotencySettings.read(
        root.section("idempotency", "Answers to requests with an Idempotency-Key."));
  }

  private static StoreSettings store(Section root) {
    return StoreSettings.read(
        root.section("store", "Where conversations are kept."),
        root.section("redis", "A Redis that several servers may share."),
        root.section(LimitSettings.SECTION, LimitSettings.SECTION_DOC));
  }

  Section root() {
    return main.root();
  }

  HttpSettings http() {
    return http;
  }

  /** How the port speaks TLS; empty: it speaks plain HTTP. */
  Optional<TlsSettings> tls() {
    return tls;
  }

  WebSocketSettings webSocket() {
    return webSocket;
  }

  MonitorSettings monitor() {
    return monitor;
  }

  AuthSettings auth() {
    return auth;
  }

  ConversationSettings conversations() {
    return conversations;
  }

  ResponsesSettings responses() {
    return responses;
  }

  IdempotencySettings idempotency() {
    return idempotency;
  }

  /** The prompts of conversations. */
  Prompts prompts() {
    return texts;
  }

  /** Reports what the prompts say of providers that {@code gateway} does not know. */
  void requireProviders(Gateway gateway) {
    texts.requireProviders(prompts.root(), gateway.health().keySet());
  }

  StoreSettings store() {
    return store;
  }

  TracingSettings tracing() {
    return tracing;
  }

  TelemetrySettings telemetry() {
    return telemetry;
  }

  /** What is known of models; reads it the first time. Empty when {@link #verify} has a reason. */
  Catalogue catalogue() {
    try {
      return models().catalogue();
    } catch (ConfigException _) {
      return Catalogue.EMPTY;
    }
  }

  private Models models() throws ConfigException {
    boolean interrupted = false;
    models.run(); // does nothing when another thread does it, or has
    try {
      while (true) {
        try {
          return models.get();
        } catch (InterruptedException _) {
          interrupted = true; // a file is read in milliseconds
        }
      }
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case ConfigException refused -> throw refused;
        case RuntimeException bug -> throw bug;
        default -> throw new IllegalStateException(failed.getCause());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Ends the reading of all but the models' file, where that is enough to serve.
   *
   * @throws ConfigException with everything that is wrong, in that file too
   */
  void verifyToServe() throws ConfigException {
    if (!main.problems().isEmpty() || !prompts.problems().isEmpty()) {
      verify();
    }
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigException with everything that is wrong
   */
  void verify() throws ConfigException {
    List<ConfigProblem> problems =
        Stream.of(main, models().file(), prompts)
            .flatMap(file -> file.problems().stream())
            .toList();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /** Paths of settings that differ from {@code older}; a file beside the main one by its name. */
  SortedSet<String> changedFrom(Settings older) throws ConfigException {
    SortedSet<String> changed = main.changedFrom(older.main);
    if (!models().file().changedFrom(older.models().file()).isEmpty()) {
      changed.add(MODELS);
    }
    if (!prompts.changedFrom(older.prompts).isEmpty()) {
      changed.add(PROMPTS);
    }
    return changed;
  }

  /** Sentences for the log: variables that set nothing. */
  List<String> warnings() {
    return main.warnings();
  }

  /** The JDK's engine has neither a limit for handshakes nor certificates that are reloaded. */
  private void requireOwnEngineForTls(Section server) {
    if (tls.isPresent() && http.engine() == HttpSettings.Engine.JDK) {
      server.reject(
          "http_engine",
          "jdk speaks no TLS here; take own, or leave server.tls to a reverse proxy");
    }
  }

  private void requireLoopbackOrKeys(Section server) {
    try {
      if (!auth.hasKeys() && !InetAddress.getByName(http.host()).isLoopbackAddress()) {
        server.reject(
            "host",
            http.host()
                + " can be reached from other machines and there is no API key: make one with"
                + " --new-api-key NAME and put it into auth.keys, or listen on 127.0.0.1");
      }
    } catch (UnknownHostException unknown) {
      server.reject("host", "'" + http.host() + "' is neither an address nor a known host name");
    }
  }
}
