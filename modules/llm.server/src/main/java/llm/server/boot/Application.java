package llm.server.boot;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.TimerThread;
import llm.core.config.ConfigException;
import llm.core.conversation.Conversations;
import llm.core.event.EventBus;
import llm.core.event.LlmEventLog;
import llm.core.gateway.Gateway;
import llm.core.idempotency.Idempotency;
import llm.core.response.Responses;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.TokenCounters;
import llm.core.trace.Tracer;
import llm.core.trace.Tracing;
import llm.core.trace.TracingSettings;
import llm.domain.interaction.LlmEvent;
import llm.domain.port.EventPublisher;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.ProviderHealth;
import llm.domain.store.Durability;
import llm.server.api.AdminEndpoints;
import llm.server.api.AnthropicEndpoints;
import llm.server.api.ConversationEndpoints;
import llm.server.api.ErrorDialects;
import llm.server.api.HealthEndpoints;
import llm.server.api.LlmEndpoints;
import llm.server.api.ModelMemoryEndpoints;
import llm.server.api.MonitorEndpoints;
import llm.server.api.OpenAiEndpoints;
import llm.server.api.ResponsesEndpoints;
import llm.server.api.UsageEndpoints;
import llm.server.api.WarmEndpoints;
import llm.server.api.monitor.LiveMonitor;
import llm.server.auth.AuthSettings;
import llm.server.engine.ConnectionLayer;
import llm.server.http.Admission;
import llm.server.http.Dispatcher;
import llm.server.http.HttpListener;
import llm.server.http.HttpSettings;
import llm.server.http.Route;
import llm.server.http.Router;
import llm.server.idempotency.KeyedRequests;
import llm.server.tls.TlsLayer;
import llm.server.trace.HttpCollector;
import llm.server.trace.ServerSpans;
import llm.server.ws.WebSockets;

/** The running server: every part, wired. */
final class Application {
  private final JsonLines telemetry;
  private final TimerThread timer;
  private final Admission admission;
  private final HttpListener listener;
  private final Optional<TlsLayer> layer;
  private final EventBus events;
  private final Gateway gateway;
  private final Stores stores;
  private final HttpSettings settings;
  private final Optional<Tracing> tracing;
  private final WebSockets sockets;
  private final Conversations conversations;
  private final Responses responses;
  private final Idempotency idempotency;
  private final AtomicReference<Dispatcher.Site> site = new AtomicReference<>();
  private List<Route> lastingRoutes = List.of(); // of endpoints that no reload replaces
  private Reload reload; // made when it serves
  private volatile AuthSettings auth; // as followed now
  private volatile boolean verified;
  private final Log log;

  private Application(
      JsonLines telemetry,
      TimerThread timer,
      Admission admission,
      HttpListener listener,
      Optional<TlsLayer> layer,
      EventBus events,
      Gateway gateway,
      Conversations conversations,
      Responses responses,
      Idempotency idempotency,
      Stores stores,
      Settings settings) {
    this.telemetry = telemetry;
    this.timer = timer;
    this.admission = admission;
    this.listener = listener;
    this.layer = layer;
    this.events = events;
    this.gateway = gateway;
    this.conversations = conversations;
    this.responses = responses;
    this.idempotency = idempotency;
    this.stores = stores;
    this.settings = settings.http();
    this.tracing = tracing(settings, telemetry, timer);
    this.sockets = new WebSockets(timer, telemetry);
    this.log = telemetry.log("llm.server");
  }

  /**
   * Opens the gateway, takes the port and serves; {@link #verify} is still to come.
   *
   * @param wanted providers that the user asked for by name
   * @param home the installation's folder
   * @param again reads the configuration again
   * @throws ConfigException when the configuration is wrong
   * @throws StartFailure when the address cannot be listened on, or the store not be opened
   */
  static Application start(
      Settings settings,
      Set<String> wanted,
      JsonLines telemetry,
      Optional<Path> home,
      Reload.Reader again)
      throws ConfigException, StartFailure {
    Log log = telemetry.log("llm.server");
    var timer = new TimerThread(failure -> log.error("alarm_failed").cause(failure).emit());
    var events = new EventBus(telemetry);
    var eventLog = new LlmEventLog(telemetry);
    events.subscribe("log", LlmEvent.class, eventLog::isOn, eventLog);
    Gateway gateway = openGateway(settings, telemetry, timer, events::publish, home);
    Optional<Stores> stores = Optional.empty();
    HttpListener listener;
    Optional<TlsLayer> layer;
    try {
      settings.verifyToServe();
      Stores opened = Stores.open(settings.store(), timer, telemetry);
      stores = Optional.of(opened);
      gateway.keepAnswersIn(opened.values());
      opened.countFor(gateway, timer, telemetry);
      telemetry
          .metrics()
          .gauge(
              "llm_store_available",
              "Whether the store of logs can be used.",
              () -> opened.logs().isAvailable() ? 1 : 0);
      layer = layer(settings, timer, telemetry);
      listener = bind(settings.http(), layer, timer, telemetry);
    } catch (ConfigException | StartFailure refused) {
      stores.ifPresent(Stores::close);
      gateway.close();
      throw refused;
    }
    settings.warnings().forEach(text -> log.warn("config_warning").put("message", text).emit());
    var admission = new Admission(settings.http().maxRequests());
    var application =
        new Application(
            telemetry,
            timer,
            admission,
            listener,
            layer,
            events,
            gateway,
            conversations(settings, gateway, stores.get(), telemetry, timer),
            responses(settings, gateway, stores.get(), telemetry, timer),
            idempotency(settings, stores.get(), telemetry, timer),
            stores.get(),
            settings);
    application.serve(settings, wanted, again);
    return application;
  }

  /** Opens the gateway; every setting of its parts is read then. */
  static Gateway openGateway(
      Settings settings,
      Telemetry telemetry,
      Alarms alarms,
      EventPublisher<LlmEvent> events,
      Optional<Path> home) {
    var gateway =
        Gateway.open(
            settings.root(), settings::catalogue, telemetry, alarms, IdSource.RANDOM, events, home);
    settings.requireProviders(gateway);
    return gateway;
  }

  /** What leads the conversations over an open gateway and open stores. */
  static Conversations conversations(
      Settings settings, Gateway gateway, Stores stores, Telemetry telemetry, Alarms alarms) {
    return new Conversations(
        settings.conversations(),
        settings.prompts(),
        gateway,
        stores.logs(),
        stores.values(),
        new TokenCounters(),
        telemetry,
        alarms,
        IdSource.RANDOM);
  }

  private static Responses responses(
      Settings settings, Gateway gateway, Stores stores, Telemetry telemetry, Alarms alarms) {
    return new Responses(
        settings.responses(), gateway, stores.logs(), telemetry, alarms, IdSource.RANDOM);
  }

  /** What a store in memory would keep is in memory anyhow. */
  private static Idempotency idempotency(
      Settings settings, Stores stores, Telemetry telemetry, Alarms alarms) {
    Optional<LogStore> lasting =
        Optional.of(stores.logs()).filter(logs -> logs.durability() != Durability.NONE);
    return new Idempotency(settings.idempotency(), lasting, telemetry, alarms, IdSource.RANDOM);
  }

  private static Optional<TlsLayer> layer(Settings settings, Alarms alarms, Telemetry telemetry)
      throws StartFailure {
    if (settings.tls().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          TlsLayer.open(settings.tls().get(), telemetry, alarms, Thread::startVirtualThread));
    } catch (IOException refused) {
      throw new StartFailure(refused.getMessage(), refused);
    }
  }

  private static HttpListener bind(
      HttpSettings settings, Optional<TlsLayer> layer, Alarms alarms, Telemetry telemetry)
      throws StartFailure {
    try {
      ConnectionLayer below = layer.isPresent() ? layer.get() : ConnectionLayer.PLAIN;
      return HttpListener.bind(settings, below, alarms, telemetry);
    } catch (IOException refused) {
      String reason = String.valueOf(refused.getMessage());
      throw new StartFailure(
          "cannot listen on " + settings.host() + ":" + settings.port() + ": " + remedy(reason),
          refused);
    }
  }

  /** The reason in words that say what to do, for those that users meet. */
  private static String remedy(String reason) {
    String known = reason.toLowerCase(Locale.ROOT);
    if (known.contains("in use")) {
      return "another process has this port; choose another with --port";
    }
    if (known.contains("permission") || known.contains("denied")) {
      return "this user may not take this port; choose one above 1023 with --port";
    }
    if (known.contains("assign")) {
      return "this machine does not have this address; choose one with --host";
    }
    return reason;
  }

  private void serve(Settings read, Set<String> wanted, Reload.Reader again) {
    List<Route> lasting = new ArrayList<>();
    reload = new Reload(read, again, gateway, conversations, log, this::become);
    lasting.addAll(new WarmEndpoints(gateway).routes());
    lasting.addAll(new ConversationEndpoints(conversations).routes());
    lasting.addAll(
        new HealthEndpoints(
                gateway,
                wanted,
                admission,
                stores::status,
                () -> verified,
                timer.time(),
                Version.current())
            .routes());
    lasting.addAll(monitor(read).routes());
    lasting.addAll(new AdminEndpoints(reload::run, who -> auth.isAdmin(who)).routes());
    lasting.addAll(new ModelMemoryEndpoints(gateway, who -> auth.isAdmin(who)).routes());
    lasting.addAll(
        new UsageEndpoints(gateway.usage(), who -> auth.seesAll(who), timer.time()).routes());
    lastingRoutes = List.copyOf(lasting);
    become(read, gateway.pinned());
    listener.serve(
        new Dispatcher(
            settings,
            site::get,
            admission,
            new ErrorDialects(),
            new Dispatcher.Surroundings(telemetry, timer, IdSource.RANDOM, spans()),
            Optional.of(new KeyedRequests(idempotency))));
  }

  private static Optional<Tracing> tracing(Settings settings, Telemetry telemetry, Alarms alarms) {
    TracingSettings read = settings.tracing();
    return read.endpoint()
        .map(_ ->
            Tracing.open(
                read,
                new HttpCollector(read),
                telemetry,
                alarms.time(),
                IdSource.RANDOM,
                Version.current()));
  }

  private ServerSpans spans() {
    Tracer tracer = tracing.isPresent() ? tracing.get() : Tracer.OFF;
    return new ServerSpans(tracer, layer.isPresent() ? "https" : "http");
  }

  /** From now on requests are answered as {@code read} says, by {@code pinned}. */
  private void become(Settings read, Gateway pinned) {
    auth = read.auth();
    var metricsKind = read.auth().publicMetrics() ? Route.Kind.PROBE : Route.Kind.MONITOR;
    List<Route> routes = new ArrayList<>(lastingRoutes);
    routes.addAll(new LlmEndpoints(pinned).routes());
    routes.addAll(new OpenAiEndpoints(pinned, timer.time(), IdSource.RANDOM).routes());
    routes.addAll(new ResponsesEndpoints(pinned, responses).routes());
    routes.addAll(new AnthropicEndpoints(pinned, IdSource.RANDOM).routes());
    routes.addAll(
        new MonitorEndpoints(telemetry.metrics(), metricsKind, Version.current()).routes());
    var gate = read.auth().gate(address().getPort());
    site.set(new Dispatcher.Site(new Router(routes), gate, pinned::enter, pinned::leave));
  }

  /** Reads the configuration again. */
  void reload() {
    reload.run();
  }

  private LiveMonitor monitor(Settings read) {
    return new LiveMonitor(
        read.monitor(),
        read.webSocket(),
        sockets,
        new LiveMonitor.Sources(telemetry::tap, events, telemetry.metrics(), gateway::health),
        timer,
        Version.current());
  }

  /**
   * Ends the reading of the configuration: until then the server lives, but is not ready.
   *
   * @throws ConfigException with everything that is wrong; the application is closed then
   */
  void verify(Settings read) throws ConfigException {
    try {
      read.verify();
      verified = true;
    } finally {
      if (!verified) {
        close();
      }
    }
  }

  InetSocketAddress address() {
    return listener.address();
  }

  /** What it answers now. */
  List<Route> routes() {
    return site.get().router().routes();
  }

  /** The address as a browser takes it. */
  String url() {
    String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
    String scheme = layer.isPresent() ? "https://" : "http://";
    return scheme + host + ":" + address().getPort();
  }

  /** Says in the log why a provider that the user asked for cannot serve, if so. */
  void warnIfUnavailable(String provider) {
    Optional.ofNullable(gateway.health().get(provider))
        .filter(health -> health.status() == ProviderHealth.Status.DOWN)
        .ifPresent(health ->
            log.warn("model_unavailable")
                .put("model", provider)
                .put("message", health.detail())
                .emit());
  }

  List<String> models() {
    return gateway.models().stream().map(model -> model.info().id()).toList();
  }

  /** The model of requests that name none. */
  String defaultModel() {
    return gateway.defaultModel();
  }

  /** What that is, in a sentence; empty text when it is not there. */
  String defaultModelIs() {
    return gateway
        .model(gateway.defaultModel())
        .map(model -> model.info().description())
        .orElse("");
  }

  /** Whether clients that know nothing of its certificate refuse it. */
  boolean isSelfSigned() {
    return layer.filter(TlsLayer::isSelfSigned).isPresent();
  }

  /** Says in the log that the server serves, and begins what was not to hold up its start. */
  void announce(double startMillis) {
    log.info("server_started")
        .put("address", url())
        .put("version", Version.current())
        .put("providers", String.join(",", gateway.health().keySet()))
        .put("default_model", gateway.defaultModel())
        .put("default_model_is", defaultModelIs())
        .put("store", stores.kind())
        .put("durability", stores.durability())
        .put("start_ms", startMillis)
        .emit();
    gateway.connections().start();
    gateway.warmBuiltin();
    responses.start();
    idempotency.start();
  }

  /**
   * Ends gracefully, within the drain time.
   *
   * @param overdue what to do when that time is over
   */
  void shutDown(Runnable overdue) throws InterruptedException {
    listener.drain();
    new Shutdown(admission, timer, settings.drain(), log).run(overdue, this::close);
    timer.close();
    telemetry.close();
  }

  private void close() {
    sockets.close();
    listener.close();
    layer.ifPresent(TlsLayer::close);
    conversations.close();
    responses.close();
    idempotency.close();
    gateway.close();
    stores.close();
    events.close();
    tracing.ifPresent(Tracing::close); // behind all that ends spans
  }
}
