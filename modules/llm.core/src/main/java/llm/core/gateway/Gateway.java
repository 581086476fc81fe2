package llm.core.gateway;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.ListedModel;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.connection.Connections;
import llm.core.connection.Models;
import llm.core.dialect.openai.ModelResolver;
import llm.core.gateway.Preparation.Prepared;
import llm.core.provider.ProviderSetup;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.EventPublisher;
import llm.domain.port.IdSource;
import llm.domain.port.ProviderHealth;

/**
 * The one door to models: finds the provider of a model, checks that the request fits it, streams
 * the answer behind a guard and keeps the account (events, metrics, one log line a request).
 *
 * <p>Lifecycle:
 *
 * <ol>
 *   <li>{@link #open} makes the providers that are installed and says which are not there and why.
 *   <li>Any number of threads ask at once.
 *   <li>{@link #close} closes the providers; streams under way end as cancelled by shutdown.
 * </ol>
 */
public final class Gateway implements ModelResolver, AutoCloseable {
  private final GatewaySettings settings;
  private final ModelRegistry registry;
  private final GatewayMetrics metrics;
  private final Alarms alarms;
  private final EventPublisher<LlmEvent> events;
  private final Log log;
  private final Preparation preparation;
  private final EmbeddingCalls embeddings;
  private final WarmPrefixes warmPrefixes;
  private final Connections connections;

  private Gateway(
      GatewaySettings settings,
      Map<String, ProviderSetup> setups,
      Supplier<Catalogue> catalogue,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events) {
    this.settings = settings;
    this.registry = new ModelRegistry(setups, catalogue, settings.defaultModel());
    this.metrics = new GatewayMetrics(telemetry.metrics());
    this.alarms = alarms;
    this.events = events;
    this.log = telemetry.log("llm.gateway");
    this.connections = new Connections(registry.providers(), new Warmed(), telemetry, alarms);
    this.preparation = new Preparation(alarms, ids, events, connections);
    var memory = new EmbeddingMemory(settings.embeddingMemory(), metrics::embeddingBytes);
    this.embeddings =
        new EmbeddingCalls(memory, registry, metrics, alarms, ids, events, log, connections);
    this.warmPrefixes =
        new WarmPrefixes(settings, registry, preparation, metrics, alarms, ids, events, log);
  }

  /**
   * Opens the gateway with every provider that is installed.
   *
   * @param root the configuration's root: sections {@code gateway} and {@code providers} are read
   * @param catalogue what is known of models; asked for when a model is first looked at
   * @param home the installation's folder, for providers that bring files along
   */
  public static Gateway open(
      Section root,
      Supplier<Catalogue> catalogue,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events,
      Optional<Path> home) {
    var settings = GatewaySettings.read(root.section("gateway", "How models are asked."));
    var setups = new InstalledProviders(root, telemetry, alarms, ids, home).setups();
    var gateway = new Gateway(settings, setups, catalogue, telemetry, alarms, ids, events);
    gateway.logProviders();
    return gateway;
  }

  /** A gateway over these providers, for tests and sandboxes. */
  public static Gateway of(
      GatewaySettings settings,
      List<ProviderSetup> providers,
      Catalogue catalogue,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events) {
    var setups = new LinkedHashMap<String, ProviderSetup>();
    for (ProviderSetup setup : providers) {
      String id =
          switch (setup) {
            case ProviderSetup.Ready(ChatProvider provider) -> provider.id();
            case ProviderSetup.Absent(List<String> models, String _) ->
                models.isEmpty() ? "absent-" + setups.size() : models.getFirst();
            case ProviderSetup.Several _ ->
                throw new IllegalArgumentException("give the members one by one");
          };
      setups.put(id, setup);
    }
    return new Gateway(settings, setups, () -> catalogue, telemetry, alarms, ids, events);
  }

  /**
   * The model to ask for what a caller says.
   *
   * @param asked what it says; empty for the default model
   * @throws LlmException with {@code ModelNotFound}, or with {@code ModelUnavailable} and the
   *     reason when its provider is not there
   */
  @Override
  public ModelName resolve(Optional<String> asked) throws LlmException {
    ModelName name;
    try {
      name = new ModelName(asked.orElseGet(registry::defaultModel));
    } catch (IllegalArgumentException illegal) {
      throw new LlmException(LlmError.InvalidRequest.at("model", illegal.getMessage()), illegal);
    }
    return new ModelName(registry.route(name).model());
  }

  @Override
  public Optional<Dialect> dialect(ModelName model) throws LlmException {
    return registry.route(model).provider().dialect();
  }

  @Override
  public boolean reads(ModelName model, Dialect dialect) throws LlmException {
    return dialects(model).stream().anyMatch(dialect::isReadAs);
  }

  /**
   * Names of the request's fields that do not reach its model, because its provider speaks another
   * dialect than they were written in; in order.
   *
   * @throws LlmException when there is no such model any more
   */
  public List<String> lost(ChatRequest request) throws LlmException {
    return Wishes.lost(request, dialects(request.model()));
  }

  private Set<Dialect> dialects(ModelName model) throws LlmException {
    Route route = registry.route(model);
    return route.provider().dialects(new ModelName(route.model()));
  }

  /**
   * Starts a generation; blocks until the provider has accepted. The stream keeps the contract
   * whatever the provider does. The limit for the first token holds from here on, acceptance
   * included.
   *
   * @throws LlmException when the request is refused, here or by the provider
   */
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    Route route = registry.route(request.model());
    var account = new RequestAccount(call, route, alarms.time(), metrics, log, events);
    try {
      return accept(preparation.prepare(request, route, call, account), route, account);
    } catch (LlmException refusal) {
      account.refused(refusal.error());
      throw refusal;
    }
  }

  /**
   * The whole answer at once. A provider that has a cheaper way than its stream is asked for that,
   * and only the call's deadline limits it; else the stream is gathered, under its guard.
   *
   * @throws LlmException when the request is refused or the answer is not complete
   */
  public ChatResult complete(ChatRequest request, Call call) throws LlmException {
    Route route = registry.route(request.model());
    ChatResult answer =
        route.provider().answersWhole()
            ? whole(request, route, call)
            : ResultCollector.collect(request.model().value(), stream(request, call));
    Findings.log(request, route, answer, call, log);
    return answer;
  }

  /**
   * Tokens of the request as a prompt: exact where the provider counts. Blocks.
   *
   * @throws LlmException when the request is refused, as {@link #stream} would
   */
  public int countPrompt(ChatRequest request, Call call) throws LlmException {
    return preparation.count(request, registry.route(request.model()), call);
  }

  /**
   * The model to ask for vectors for what a caller says.
   *
   * @param asked what it says; empty for the default model of embeddings
   * @throws LlmException as {@link #resolve}, and when there is no such default
   */
  public ModelName resolveForEmbeddings(Optional<String> asked) throws LlmException {
    Optional<String> named = asked.or(settings::defaultEmbeddingModel);
    if (named.isEmpty()) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "model",
              "model is missing and there is no default: name a model that makes embeddings, or set"
                  + " gateway.default_embedding_model"));
    }
    return resolve(named);
  }

  /**
   * Vectors of all inputs of the request, in their order and of the length that was asked for.
   * Blocks until they are there, at most as long as the call's deadline allows. The memory they
   * take counts against {@link GatewaySettings#embeddingBytes} until {@code call} ends.
   *
   * @throws LlmException when the request is refused, the model makes no vectors, or the answer is
   *     not complete
   */
  public EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException {
    return embeddings.embed(request, call);
  }

  /** The beginnings of prompts that models keep, so that later requests begin sooner. */
  public WarmPrefixes warmPrefixes() {
    return warmPrefixes;
  }

  /** Whether a model keeps beginnings of prompts by {@link #warmPrefixes}. */
  public boolean keepsPrefixes(ModelName model) {
    try {
      return registry.route(model).provider().prefixes(model).isPresent();
    } catch (LlmException unknown) {
      return false;
    }
  }

  /** What requests go over: warm from {@link Connections#start} on, which is not called here. */
  public Connections connections() {
    return connections;
  }

  /** Every model that can be asked for now, in a stable order. */
  public List<ListedModel> models() {
    return registry.models();
  }

  /** The model of this id, if it can be asked for. */
  public Optional<ListedModel> model(String id) {
    return registry.model(id);
  }

  /** Whether a model of this id can be asked for. */
  public boolean serves(String id) {
    return registry.serves(id);
  }

  /** The id that requests without a model get. */
  public String defaultModel() {
    return registry.defaultModel();
  }

  /** How each provider is; absent ones are down, their detail says "absent" and why. */
  public Map<String, ProviderHealth> health() {
    Map<String, ProviderHealth> health = registry.health();
    health.replaceAll((id, said) ->
        connections
            .state(id)
            .map(state -> new ProviderHealth(said.status(), said.detail() + " " + state))
            .orElse(said));
    return health;
  }

  /** Closes every provider; idempotent as they are. */
  @Override
  public void close() {
    connections.close();
    warmPrefixes.close();
    for (ChatProvider provider : registry.providers()) {
      try {
        provider.close();
      } catch (RuntimeException failure) {
        log.error("provider_close_failed").put("provider", provider.id()).cause(failure).emit();
      }
    }
  }

  private ChatResult whole(ChatRequest request, Route route, Call call) throws LlmException {
    var account = new RequestAccount(call, route, alarms.time(), metrics, log, events);
    try {
      Prepared ready = preparation.prepare(request, route, call, account);
      return account.answered(
          CallEnd.ask(
              ready.call(),
              route,
              log,
              () -> route.provider().complete(ready.wire(), ready.call())));
    } catch (LlmException failure) {
      account.refused(failure.error());
      throw failure;
    }
  }

  private EventStream<StreamEvent> accept(Prepared prepared, Route route, RequestAccount account)
      throws LlmException {
    Call own = prepared.call();
    var limit = new SilenceLimit(settings, own, alarms);
    EventStream<StreamEvent> inner = null;
    limit.waitBegins();
    try {
      inner = route.provider().stream(prepared.wire(), own);
    } catch (LlmException refusal) {
      throw limit.stopped(CallEnd.nameOf(route)).orElse(refusal);
    } catch (RuntimeException bug) {
      log.error("provider_threw").call(own).cause(bug).emit();
      throw new LlmException(new LlmError.Internal(), bug);
    } finally {
      limit.waitEnds();
      if (inner == null) {
        limit.end();
        own.end();
      }
    }
    if (inner == null) {
      throw new LlmException(new LlmError.Internal());
    }
    account.accepted();
    return new GuardedStream(inner, route, limit, account, log);
  }

  private void logProviders() {
    registry
        .providers()
        .forEach(provider ->
            log.info("provider_ready")
                .put("provider", provider.id())
                .put("models", provider.models().size())
                .emit());
    registry
        .absent()
        .forEach((id, missing) ->
            log.info("provider_absent").put("provider", id).put("reason", missing.reason()).emit());
    log.info("default_model").put("model", defaultModel()).emit();
  }

  /** The models as their connections see them. */
  private final class Warmed implements Models {
    @Override
    public ChatProvider providerOf(ModelName model) throws LlmException {
      return registry.route(model).provider();
    }

    @Override
    public void generateFromNothing(ModelName model, Call call) throws LlmException {
      ChatRequest nothing =
          ChatRequest.of(model, List.of(Message.user("")))
              .withMaxTokens(1)
              .withPriority(Priority.BACKGROUND);
      Route route = registry.route(model);
      if (route.provider().answersWhole()) {
        whole(nothing, route, call);
      } else {
        ResultCollector.collect(model.value(), stream(nothing, call));
      }
    }
  }
}
