package llm.core.gateway;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import llm.core.cache.CacheSettings;
import llm.core.catalogue.ListedModel;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.route.Overrides;
import llm.core.gateway.route.Pick;
import llm.core.gateway.route.RouteTable;
import llm.core.limit.LimitRules;
import llm.core.provider.InstalledProviders.Made;
import llm.core.resilience.ResilienceSettings;
import llm.core.telemetry.Log;
import llm.domain.call.Answerer;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.ModelInfo;
import llm.domain.port.Nuance;

/**
 * The configuration as one reading of it found it: settings, providers, routes. A request stays
 * with the edition that it began with; one that is no longer current ends with its last request.
 * Thread-safe; all but the count of requests is immutable.
 */
final class Edition {
  private static final String ROUTE = "route"; // who a name belongs to that is a route

  private final Policies policies;
  private volatile LimitRules limits;
  private final Made made;
  private final ModelRegistry registry;
  private final RouteTable routes;
  private final AtomicLong users = new AtomicLong(1); // one of them is its being current
  private volatile Runnable onUnused = () -> {};

  Edition(Policies policies, Made made, ModelRegistry registry, RouteTable routes) {
    this.policies = policies;
    this.limits = policies.limits();
    this.made = made;
    this.registry = registry;
    this.routes = routes;
  }

  /**
   * One way for a request: where it goes and what it takes along.
   *
   * @param pick the route's target; empty: no route fits
   */
  record Step(Edition edition, ModelName asked, Optional<Pick> pick) {
    /** Where it goes. */
    Route route() throws LlmException {
      if (pick.isEmpty()) {
        return edition.registry.route(asked);
      }
      Pick target = pick.get();
      return edition.registry.route(target.provider(), target.model()).by(target.route());
    }

    /** The target began its answer so long after it was asked. */
    void began(long nanos) {
      pick.ifPresent(target -> edition.routes.firstTokens().began(target.key(), nanos));
    }

    /** What the target adds to a request for {@code route}, and its provider within that. */
    Overrides overrides(Route route) {
      Overrides own = pick.map(Pick::overrides).orElse(Overrides.NONE);
      return route
          .provider()
          .systemPrefix()
          .map(prefix -> own.around(Overrides.NONE.withSystemPrefix(prefix)))
          .orElse(own);
    }

    /** How long the first target may take until the next one is asked too; zero: any time. */
    Duration hedgeAfter() {
      return pick.isEmpty() ? Duration.ZERO : edition.routes.hedgeAfter(asked.value());
    }

    /** The target did not take a request that another might. */
    void refused() {
      pick.ifPresent(target -> edition.routes.firstTokens().refused(target.key()));
    }
  }

  /** How much may be asked. */
  LimitRules limits() {
    return limits;
  }

  /** From now on requests have these limits; for tests. */
  void limitedBy(LimitRules rules) {
    limits = rules;
  }

  GatewaySettings settings() {
    return policies.gateway();
  }

  /** How failures of providers are survived. */
  ResilienceSettings resilience() {
    return policies.resilience();
  }

  /** Who answers when nobody is there, if that is wanted. */
  Optional<Route> mock() {
    if (!settings().mockFallback()) {
      return Optional.empty();
    }
    try {
      return Optional.of(registry.route(Optional.of(ModelRegistry.MOCK), ModelRegistry.MOCK));
    } catch (LlmException _) {
      return Optional.empty(); // it is switched off
    }
  }

  ModelRegistry registry() {
    return registry;
  }

  /** Which answers are given again. */
  CacheSettings cache() {
    return policies.cache();
  }

  /** What came of the providers' factories. */
  Made made() {
    return made;
  }

  /** The ways for a request to {@code model}, in the order in which to try them; never none. */
  List<Step> steps(ModelName model) {
    return steps(model, routes.order(model.value()));
  }

  /**
   * The same for vectors: those of two models cannot be compared, so only targets of the model that
   * the route names first are among them.
   */
  List<Step> stepsForVectors(ModelName model) {
    List<Pick> listed = routes.targets(model.value());
    return steps(
        model,
        routes.order(model.value()).stream()
            .filter(pick -> pick.model().equals(listed.getFirst().model()))
            .toList());
  }

  /** The same in the order of the configuration, whatever the lots and the times are. */
  List<Step> listedSteps(ModelName model) {
    return steps(model, routes.targets(model.value()));
  }

  /** The way that the configuration names first. */
  Step firstStep(ModelName model) {
    return steps(model, routes.targets(model.value())).getFirst();
  }

  /** The provider's model of this id; where there is none, as {@link #firstStep}. */
  Step direct(ModelName model) {
    return registry.serves(model.value()) ? steps(model, List.of()).getFirst() : firstStep(model);
  }

  private List<Step> steps(ModelName model, List<Pick> picks) {
    return picks.isEmpty()
        ? List.of(new Step(this, model, Optional.empty()))
        : picks.stream().map(pick -> new Step(this, model, Optional.of(pick))).toList();
  }

  /**
   * The name to ask for: a route's own, or the model's id.
   *
   * @throws LlmException when no target of it is there
   */
  ModelName resolve(ModelName name) throws LlmException {
    if (routes.find(name.value()).isEmpty()) {
      try {
        return new ModelName(registry.route(name).model());
      } catch (LlmException absent) {
        requireStandIn(absent);
        return name;
      }
    }
    if (ways(name).isEmpty()) {
      routeOrStandIn(name); // says why
    }
    return name;
  }

  /** Where {@code model} goes, or the mock where it is absent and the mock may answer for it. */
  private Route routeOrStandIn(ModelName model) throws LlmException {
    try {
      return firstStep(model).route();
    } catch (LlmException absent) {
      return requireStandIn(absent);
    }
  }

  private Route requireStandIn(LlmException absent) throws LlmException {
    Optional<Route> standIn =
        absent.error() instanceof LlmError.ModelUnavailable ? mock() : Optional.empty();
    if (standIn.isEmpty()) {
      throw absent;
    }
    return standIn.get();
  }

  /** The dialect that every target of {@code model} is asked in, if there is one. */
  Optional<Dialect> dialect(ModelName model) throws LlmException {
    List<Route> ways = ways(model);
    if (ways.isEmpty()) {
      return routeOrStandIn(model).provider().dialect();
    }
    var dialects = new HashSet<Optional<Dialect>>();
    ways.forEach(way -> dialects.add(way.provider().dialect()));
    return dialects.size() == 1 ? dialects.iterator().next() : Optional.empty();
  }

  /**
   * The dialects that every target of {@code model} can be asked in; none where they share none.
   */
  Set<Dialect> dialects(ModelName model) throws LlmException {
    List<Route> ways = ways(model);
    Route first = ways.isEmpty() ? routeOrStandIn(model) : ways.getFirst();
    var shared = new HashSet<>(dialects(first));
    ways.forEach(way -> shared.retainAll(dialects(way)));
    return shared;
  }

  /** Whether every target of {@code model} is asked in a dialect. */
  boolean areUpstreams(ModelName model) throws LlmException {
    List<Route> ways = ways(model);
    return ways.isEmpty()
        ? !dialects(routeOrStandIn(model)).isEmpty()
        : ways.stream().noneMatch(way -> dialects(way).isEmpty());
  }

  /** Whether every target of {@code model} is one in this process that holds calls to a form. */
  boolean holdCalls(ModelName model) throws LlmException {
    List<Route> ways = ways(model);
    return (ways.isEmpty() ? List.of(routeOrStandIn(model)) : ways)
        .stream()
            .allMatch(
                way -> way.provider().answersHere() && way.spec().json() && way.spec().tools());
  }

  /** What one target of {@code model} or more leaves out. */
  Set<Nuance> leftOut(ModelName model) throws LlmException {
    List<Route> ways = ways(model);
    var left = EnumSet.noneOf(Nuance.class);
    for (Route way : ways.isEmpty() ? List.of(routeOrStandIn(model)) : ways) {
      left.addAll(way.provider().leavesOut(new ModelName(way.model())));
    }
    return left;
  }

  private static Set<Dialect> dialects(Route route) {
    return route.provider().dialects(new ModelName(route.model()));
  }

  /** Who would be asked for {@code model} first; empty when nobody is there. */
  Optional<Answerer> first(ModelName model) {
    return ways(model).stream()
        .findFirst()
        .map(way -> new Answerer(way.provider().id(), way.model()));
  }

  /** Whether the first target of {@code model} keeps beginnings of prompts. */
  boolean keepsPrefixes(ModelName model) {
    try {
      Route route = firstStep(model).route();
      return route.provider().prefixes(new ModelName(route.model())).isPresent();
    } catch (LlmException _) {
      return false; // nobody knows it
    }
  }

  /** The id a request without a model gets. */
  String defaultModel() {
    return settings()
        .defaultModel()
        .orElseGet(() ->
            serves(ModelRegistry.LOCAL) ? ModelRegistry.LOCAL : registry.standIn(routes.isEmpty()));
  }

  /** Every name that can be asked for: routes that are no patterns, then the providers' models. */
  List<ListedModel> models() {
    var byId = new LinkedHashMap<String, ListedModel>();
    routes.aliases().forEach(name -> alias(name).ifPresent(found -> byId.put(name, found)));
    registry.models().forEach(model -> byId.putIfAbsent(model.info().id(), model));
    return List.copyOf(byId.values());
  }

  /** The model or route {@code id}, listed or not. */
  Optional<ListedModel> model(String id) {
    return routes.find(id).isPresent() ? alias(id) : registry.model(id);
  }

  /** Whether {@code id} can be asked for. */
  boolean serves(String id) {
    return routes.find(id).isPresent() ? alias(id).isPresent() : registry.serves(id);
  }

  /** Takes part in it; false when it has ended. */
  boolean enter() {
    long now = users.get();
    while (now > 0 && !users.compareAndSet(now, now + 1)) {
      now = users.get();
    }
    return now > 0;
  }

  /** The end of an {@link #enter} that was true. */
  void leave() {
    if (users.decrementAndGet() == 0) {
      onUnused.run();
    }
  }

  /** Another one is current; {@code unused} runs when nobody is with this one, maybe here. */
  void retire(Runnable unused) {
    onUnused = unused;
    leave();
  }

  /** Says in the log who is there and who is not. */
  void tell(Log log) {
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

  private Optional<ListedModel> alias(String id) {
    ModelName name;
    try {
      name = new ModelName(id);
    } catch (IllegalArgumentException _) {
      return Optional.empty(); // nobody could ask for it
    }
    List<Route> ways = ways(name);
    if (ways.isEmpty()) {
      return Optional.empty();
    }
    String targets = String.join(", ", ways.stream().map(Route::model).toList());
    var info =
        new ModelInfo(id, ROUTE, Instant.EPOCH, Optional.empty(), "A route to " + targets + ".");
    return Optional.of(new ListedModel(info, least(ways.stream().map(Route::spec).toList())));
  }

  /** Where {@code model} can go now, in the order of the configuration. */
  private List<Route> ways(ModelName model) {
    var ways = new ArrayList<Route>();
    for (Step step : steps(model, routes.targets(model.value()))) {
      try {
        ways.add(step.route());
      } catch (LlmException _) {
        continue; // not there now; asking for it says why
      }
    }
    return ways;
  }

  /** What every target can do. */
  private static ModelSpec least(List<ModelSpec> specs) {
    int context = specs.stream().mapToInt(ModelSpec::contextTokens).min().orElseThrow();
    int output = specs.stream().mapToInt(ModelSpec::maxOutputTokens).min().orElseThrow();
    return new ModelSpec(
        context,
        Math.min(output, context),
        specs.stream().allMatch(ModelSpec::tools),
        specs.stream().allMatch(ModelSpec::vision),
        specs.stream().allMatch(ModelSpec::json),
        same(specs.stream().map(ModelSpec::price)),
        same(specs.stream().map(ModelSpec::encoding)));
  }

  private static <T> Optional<T> same(Stream<Optional<T>> values) {
    List<Optional<T>> different = values.distinct().toList();
    return different.size() == 1 ? different.getFirst() : Optional.empty();
  }
}
