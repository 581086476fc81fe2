package llm.core.gateway;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.ListedModel;
import llm.core.concurrent.Alarms;
import llm.core.config.Section;
import llm.core.connection.Connections;
import llm.core.dialect.openai.ModelResolver;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.attempt.Wishes;
import llm.core.gateway.route.RouteReader;
import llm.core.limit.Limits;
import llm.core.provider.InstalledProviders.Made;
import llm.core.provider.ProviderSetup;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.PromptCount;
import llm.core.usage.UsageLedger;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
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
import llm.domain.port.ModelMemory;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ValueStore;

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
  private final Editions.Source source;
  private final Editions editions;
  private final Optional<Edition> pinned;
  private final Works works;
  private final Log log;

  private Gateway(Editions.Source source, Edition first, EventPublisher<LlmEvent> events) {
    this.source = source;
    this.log = source.telemetry().log("llm.gateway");
    this.pinned = Optional.empty();
    this.editions = new Editions(first, this::close);
    this.works = new Works(source, editions, events, log);
  }

  private Gateway(Gateway open, Edition pinned) {
    this.source = open.source;
    this.editions = open.editions;
    this.pinned = Optional.of(pinned);
    this.works = open.works;
    this.log = open.log;
  }

  /**
   * Opens the gateway with every provider that is installed.
   *
   * @param root the configuration's root: sections {@code gateway}, {@code providers} and {@code
   *     routes} are read
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
    RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
    var source = new Editions.Source(telemetry, alarms, ids, home, random);
    var gateway = new Gateway(source, source.read(root, catalogue, Made.NOTHING), events);
    gateway.edition().tell(gateway.log);
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
    var none = new SplittableRandom(0); // there is nothing to draw
    var source = new Editions.Source(telemetry, alarms, ids, Optional.empty(), none);
    var made = Made.of(providers);
    var first = source.of(Policies.of(settings), made, () -> catalogue, _ -> List.of());
    return new Gateway(source, first, events);
  }

  /**
   * Sections {@code routes}, {@code resilience} and {@code cache} of {@code root}, and where lots
   * come from; thread-safe.
   */
  public record Routing(Section root, RandomGenerator random) {}

  /** The same with routes. */
  public static Gateway of(
      GatewaySettings settings,
      List<ProviderSetup> providers,
      Routing routing,
      Catalogue catalogue,
      Telemetry telemetry,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events) {
    var source = new Editions.Source(telemetry, alarms, ids, Optional.empty(), routing.random());
    var made = Made.of(providers);
    var policies = Policies.of(settings).reading(routing.root(), made.setups().keySet());
    var first =
        source.of(policies, made, () -> catalogue, all -> RouteReader.read(routing.root(), all));
    return new Gateway(source, first, events);
  }

  /**
   * This gateway as the configuration is now, whatever it becomes. The other one is to be closed.
   */
  public Gateway pinned() {
    return new Gateway(this, edition());
  }

  /**
   * Takes part in a pinned gateway's edition, so that its providers stay open.
   *
   * @return false when it has ended: another one is current
   */
  public boolean enter() {
    return edition().enter();
  }

  /** Ends an {@link #enter} that was true. */
  public void leave() {
    edition().leave();
  }

  /** A configuration that was read and is not followed yet; it is applied or discarded, once. */
  public final class Change {
    private final Edition next;

    private Change(Edition next) {
      this.next = next;
    }

    /** Ids of providers whose settings changed and that go on as they are till the next start. */
    public Set<String> waiting() {
      return next.made().waiting();
    }

    /** The gateway as it will be, {@link Gateway#pinned}. */
    public Gateway pinned() {
      return new Gateway(Gateway.this, next);
    }

    /** Follows it; requests under way end as they began. */
    public void apply() {
      works.connections().become(next.registry().providers());
      editions.become(next);
      works.guards().keep(next.made().setups().keySet());
      next.tell(log);
    }

    /** Forgets it: the configuration is wrong. */
    public void discard() {
      editions.discard(next);
    }
  }

  /** Reads the configuration again, and makes providers that are new. One change at a time. */
  public Change read(Section root, Supplier<Catalogue> catalogue) {
    return new Change(source.read(root, catalogue, editions.current().made()));
  }

  Edition edition() {
    return pinned.orElseGet(editions::current);
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
      name = new ModelName(asked.orElseGet(edition()::defaultModel));
    } catch (IllegalArgumentException illegal) {
      throw new LlmException(LlmError.InvalidRequest.at("model", illegal.getMessage()), illegal);
    }
    return edition().resolve(name);
  }

  @Override
  public Optional<Dialect> dialect(ModelName model) throws LlmException {
    return edition().dialect(model);
  }

  @Override
  public boolean reads(ModelName model, Dialect dialect) throws LlmException {
    return edition().dialects(model).stream().anyMatch(dialect::isReadAs);
  }

  @Override
  public boolean readsStrict(ModelName model) throws LlmException {
    return edition().areUpstreams(model);
  }

  @Override
  public boolean holdsCalls(ModelName model) throws LlmException {
    return edition().holdCalls(model);
  }

  /**
   * Names of the request's fields that its provider has no place for; in order. Of a route, what
   * one of its targets has none for.
   *
   * @throws LlmException when there is no such model any more
   */
  public List<String> lost(ChatRequest request) throws LlmException {
    if (Wishes.arePlain(request)) {
      return List.of();
    }
    Edition edition = edition();
    return Wishes.lost(
        request, edition.dialects(request.model()), edition.leftOut(request.model()));
  }

  /**
   * Starts a generation; blocks until the provider has accepted. The stream keeps the contract
   * whatever the provider does. The limit for the first token holds from here on, acceptance
   * included.
   *
   * @throws LlmException when the request is refused, here or by the provider
   */
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    Edition edition = editions.enter(edition(), call);
    return works.pipeline().stream(request, call, edition);
  }

  /**
   * The whole answer at once. A provider that has a cheaper way than its stream is asked for that,
   * and only the call's deadline limits it; else the stream is gathered, under its guard.
   *
   * @throws LlmException when the request is refused or the answer is not complete
   */
  public ChatResult complete(ChatRequest request, Call call) throws LlmException {
    Edition edition = editions.enter(edition(), call);
    return works.pipeline().complete(request, call, edition);
  }

  /**
   * Tokens of the request as a prompt. Blocks.
   *
   * @throws LlmException when the request is refused, as {@link #stream} would
   */
  public PromptCount countPrompt(ChatRequest request, Call call) throws LlmException {
    return works.chats().count(request, call, edition().firstStep(request.model()));
  }

  /**
   * The model to ask for vectors for what a caller says.
   *
   * @param asked what it says; empty for the default model of embeddings
   * @throws LlmException as {@link #resolve}, and when there is no such default
   */
  public ModelName resolveForEmbeddings(Optional<String> asked) throws LlmException {
    Optional<String> named = asked.or(edition().settings()::defaultEmbeddingModel);
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
    Edition edition = editions.enter(edition(), call);
    return works
        .limited()
        .embed(
            request, call, edition, billed -> works.embeddings().embed(request, billed, edition));
  }

  /** The beginnings of prompts that models keep, so that later requests begin sooner. */
  public WarmPrefixes warmPrefixes() {
    return works.warmPrefixes();
  }

  /** Whether a model keeps beginnings of prompts by {@link #warmPrefixes}. */
  public boolean keepsPrefixes(ModelName model) {
    return edition().keepsPrefixes(model);
  }

  /**
   * A model that is kept in this process.
   *
   * @param memory who keeps it
   * @param model its name there
   */
  public record Kept(ModelMemory memory, ModelName model) {}

  /**
   * The model to bring into memory, or out, for what a caller says; of a route, its first target.
   *
   * @throws LlmException as {@link #resolve}, and with {@code Unsupported} when it is not kept in
   *     this process
   */
  public Kept kept(Optional<String> asked) throws LlmException {
    Route route = edition().firstStep(resolve(asked)).route();
    ModelMemory memory =
        route
            .provider()
            .memory()
            .orElseThrow(() ->
                new LlmException(
                    new LlmError.Unsupported(
                        "model",
                        "Model '"
                            + route.model()
                            + "' of provider '"
                            + route.provider().id()
                            + "' is not in this process; models of 'local' are.")));
    return new Kept(memory, new ModelName(route.model()));
  }

  /** Those who keep models in this process. */
  public List<ModelMemory> memories() {
    return edition().registry().providers().stream()
        .flatMap(provider -> provider.memory().stream())
        .toList();
  }

  /** What counts against the limits; where it is counted is said before the gateway serves. */
  public Limits limits() {
    return works.limits();
  }

  /** What each key took; where it is kept is said before the gateway serves. */
  public UsageLedger usage() {
    return works.ledger();
  }

  /** What requests go over: warm from {@link Connections#start} on, which is not called here. */
  public Connections connections() {
    return works.connections();
  }

  /** Every model that can be asked for now, in a stable order. */
  public List<ListedModel> models() {
    return edition().models();
  }

  /** The model of this id, if it can be asked for. */
  public Optional<ListedModel> model(String id) {
    return edition().model(id);
  }

  /** Whether a model of this id can be asked for. */
  public boolean serves(String id) {
    return edition().serves(id);
  }

  /** Who would be asked for {@code model} first, as the configuration lists them; empty: nobody. */
  public Optional<Answerer> first(ModelName model) {
    return edition().first(model);
  }

  /** The id that requests without a model get. */
  public String defaultModel() {
    return edition().defaultModel();
  }

  /**
   * Begins to load the model that comes with the program where requests without a model get it.
   * Does not block; a failure is logged only.
   */
  public void warmBuiltin() {
    Edition now = edition();
    if (now.defaultModel().equals(ModelRegistry.BUILTIN)) {
      now.registry().warm(new ModelName(ModelRegistry.BUILTIN));
    }
  }

  /** How each provider is; absent ones are down, their detail says "absent" and why. */
  public Map<String, ProviderHealth> health() {
    return works.tellOf(edition().registry().health());
  }

  /** From now on answers are kept there, before they are not; the store stays the caller's. */
  public void keepAnswersIn(ValueStore values) {
    works.cache().keepIn(values);
  }

  /** Whether answers that may be kept are kept, in one sentence. */
  public ProviderHealth cacheHealth() {
    return works.cache().health();
  }

  /** Closes every provider; idempotent as they are. */
  @Override
  public void close() {
    works.close();
    editions.close();
  }

  private void close(ChatProvider provider) {
    try {
      provider.close();
    } catch (RuntimeException failure) {
      log.error("provider_close_failed").put("provider", provider.id()).cause(failure).emit();
    }
  }
}
