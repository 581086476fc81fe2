package llm.server.boot;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.config.ConfigException;
import llm.core.config.ConfigProblem;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.config.Section;
import llm.core.telemetry.TelemetrySettings;
import llm.server.auth.AuthSettings;
import llm.server.http.HttpSettings;
import llm.server.tls.TlsSettings;

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
  private final List<Configuration> files; // all of them
  private final HttpSettings http;
  private final Optional<TlsSettings> tls;
  private final AuthSettings auth;
  private final TelemetrySettings telemetry;
  private final Catalogue catalogue;

  private Settings(Configuration main, Configuration models, Configuration prompts) {
    this.main = main;
    this.files = List.of(main, models, prompts);
    Section server = server(main.root());
    this.http = HttpSettings.read(server);
    this.tls = TlsSettings.read(server);
    this.auth = auth(main.root());
    this.telemetry = TelemetrySettings.read(main.root());
    this.catalogue = Catalogue.read(models.root());
    Prompts.read(prompts.root()); // nobody asks for them yet; what is wrong is told all the same
    requireLoopbackOrKeys(server);
    requireOwnEngineForTls(server);
  }

  /**
   * Reads the files.
   *
   * @throws ConfigException when one cannot be read at all
   */
  static Settings read(ConfigSources sources) throws ConfigException {
    var main = Configuration.load(sources);
    return new Settings(main, main.beside(MODELS), main.beside(PROMPTS));
  }

  /** Declares the settings read here, for the reference. */
  static void declare(Section root) {
    Section server = server(root);
    HttpSettings.read(server);
    TlsSettings.read(server);
    auth(root);
    TelemetrySettings.read(root);
  }

  private static Section server(Section root) {
    return root.section("server", "The HTTP server.");
  }

  private static AuthSettings auth(Section root) {
    return AuthSettings.read(root.section("auth", "Who may use the server."));
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

  AuthSettings auth() {
    return auth;
  }

  TelemetrySettings telemetry() {
    return telemetry;
  }

  Catalogue catalogue() {
    return catalogue;
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigException with everything that is wrong
   */
  void verify() throws ConfigException {
    List<ConfigProblem> problems =
        files.stream().flatMap(file -> file.problems().stream()).toList();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
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
