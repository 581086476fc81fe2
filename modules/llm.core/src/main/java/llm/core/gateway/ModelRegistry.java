package llm.core.gateway;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.ListedModel;
import llm.core.gateway.attempt.Route;
import llm.core.gateway.route.RouteReader;
import llm.core.provider.ProviderSetup;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;

/**
 * The providers that are there, the reasons why others are not, and who serves which model: the
 * first provider, in the order given, that knows it. Immutable; thread-safe.
 */
final class ModelRegistry implements RouteReader.Providers {
  static final String LOCAL = "local";
  static final String BUILTIN = "builtin";
  static final String MOCK = "mock";

  private final List<ChatProvider> providers = new ArrayList<>();
  private final Map<String, ProviderSetup.Absent> absent = new LinkedHashMap<>();
  private final Supplier<Catalogue> catalogue;

  ModelRegistry(Map<String, ProviderSetup> setups, Supplier<Catalogue> catalogue) {
    setups.forEach((id, setup) -> {
      switch (setup) {
        case ProviderSetup.Ready(ChatProvider provider) -> providers.add(provider);
        case ProviderSetup.Absent missing -> absent.put(id, missing);
        case ProviderSetup.Several _ ->
            throw new IllegalArgumentException("setups must be single providers: " + id);
      }
    });
    this.catalogue = catalogue;
  }

  /** Who serves {@code model}, with what is known of it. */
  Route route(ModelName model) throws LlmException {
    for (ChatProvider provider : providers) {
      Optional<ModelInfo> info = provider.model(model);
      if (info.isPresent()) {
        ListedModel listed = listed(info.get());
        boolean counts = info.get().spec().isPresent();
        return new Route(provider, info.get().id(), listed.spec(), counts);
      }
    }
    for (ChatProvider provider : providers) {
      requireNotUnavailable(provider, model);
    }
    for (ProviderSetup.Absent missing : absent.values()) {
      if (missing.models().contains(model.value())) {
        throw new LlmException(new LlmError.ModelUnavailable(model.value(), missing.reason()));
      }
    }
    throw new LlmException(new LlmError.ModelNotFound(model.value()));
  }

  /** A provider that would serve it if it could says why it cannot. */
  private static void requireNotUnavailable(ChatProvider provider, ModelName model)
      throws LlmException {
    try {
      provider.validateModel(model);
    } catch (LlmException why) {
      if (why.error() instanceof LlmError.ModelUnavailable) {
        throw why;
      }
    }
  }

  /**
   * Where {@code model} of a certain provider is, if one is named.
   *
   * @param model its name there, with or without the provider's before it
   */
  Route route(Optional<String> provider, String model) throws LlmException {
    if (provider.isEmpty()) {
      return route(new ModelName(model));
    }
    ChatProvider named = provider(provider.get(), model);
    Optional<ModelInfo> found = infoAt(named, model);
    if (found.isEmpty() && name(model).isPresent()) {
      requireNotUnavailable(named, name(model).get());
    }
    ModelInfo info = found.orElseThrow(() -> new LlmException(new LlmError.ModelNotFound(model)));
    return new Route(named, info.id(), listed(info).spec(), info.spec().isPresent());
  }

  private ChatProvider provider(String id, String model) throws LlmException {
    for (ChatProvider provider : providers) {
      if (provider.id().equals(id)) {
        return provider;
      }
    }
    ProviderSetup.Absent missing = absent.get(id);
    throw new LlmException(
        missing == null
            ? new LlmError.ModelNotFound(model)
            : new LlmError.ModelUnavailable(model, missing.reason()));
  }

  /** Under the provider's own name first: upstreams take any model so. */
  private static Optional<ModelInfo> infoAt(ChatProvider provider, String model) {
    String prefix = provider.id() + "/";
    String whole = model.startsWith(prefix) ? model : prefix + model;
    return name(whole).flatMap(provider::model).or(() -> name(model).flatMap(provider::model));
  }

  @Override
  public Optional<String> whyNot(String id) {
    if (providers.stream().anyMatch(provider -> provider.id().equals(id))) {
      return Optional.empty();
    }
    ProviderSetup.Absent missing = absent.get(id);
    return Optional.of(
        missing == null
            ? "'" + id + "' is no provider; there are " + String.join(", ", ids())
            : "'" + id + "' is not there: " + missing.reason());
  }

  @Override
  public Optional<String> whyNot(Optional<String> provider, String model) {
    try {
      route(provider, model);
      return Optional.empty();
    } catch (LlmException refused) {
      boolean mayListIt =
          provider.isEmpty() && providers.stream().anyMatch(one -> one.dialect().isPresent());
      return refused.error() instanceof LlmError.ModelUnavailable(_, String why, _)
          ? Optional.of("'" + model + "' is not there: " + why)
          : Optional.of(
                  "'" + model + "' is no model that " + provider.orElse("anybody") + " serves")
              .filter(_ -> !mayListIt); // an upstream tells its models later
    }
  }

  private List<String> ids() {
    return providers.stream().map(ChatProvider::id).toList();
  }

  /** Every model that can be asked for; of two with one id, the one that is served. */
  List<ListedModel> models() {
    var byId = new LinkedHashMap<String, ListedModel>();
    for (ChatProvider provider : providers) {
      provider.models().forEach(info -> byId.putIfAbsent(info.id(), listed(info)));
    }
    return List.copyOf(byId.values());
  }

  /** The model {@code id}, listed or not. */
  Optional<ListedModel> model(String id) {
    return info(id).map(this::listed);
  }

  /** How each provider is; one that is absent is down, and its detail begins with "absent". */
  Map<String, ProviderHealth> health() {
    var health = new LinkedHashMap<String, ProviderHealth>();
    providers.forEach(provider -> health.put(provider.id(), provider.health()));
    absent.forEach((id, missing) ->
        health.put(
            id, new ProviderHealth(ProviderHealth.Status.DOWN, "absent: " + missing.reason())));
    return health;
  }

  /** The providers that are there. */
  List<ChatProvider> providers() {
    return List.copyOf(providers);
  }

  /** Why others are not, by their ids and in their order. */
  Map<String, ProviderSetup.Absent> absent() {
    return Collections.unmodifiableMap(absent);
  }

  /** Whether a provider that is there knows the model {@code id}. */
  boolean serves(String id) {
    return info(id).isPresent();
  }

  /**
   * Who answers requests without a model where nothing says who: the model that comes with the
   * program, or the mock where that is not there or others could be asked.
   *
   * @param alone whether no routes lead anywhere
   */
  String standIn(boolean alone) {
    boolean here = alone && providers.stream().allMatch(ChatProvider::answersHere);
    return here && serves(BUILTIN) ? BUILTIN : MOCK;
  }

  /** Begins to load a model that is soon asked, where it is one of this process. */
  void warm(ModelName model) {
    providers.stream()
        .filter(provider -> provider.model(model).isPresent())
        .findFirst()
        .flatMap(ChatProvider::memory)
        .ifPresent(memory -> memory.warm(model));
  }

  private Optional<ModelInfo> info(String id) {
    Optional<ModelName> name = name(id);
    for (ChatProvider provider : providers) {
      Optional<ModelInfo> found = name.flatMap(provider::model);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Empty when nobody could ask for it. */
  private static Optional<ModelName> name(String id) {
    try {
      return Optional.of(new ModelName(id));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private ListedModel listed(ModelInfo info) {
    return new ListedModel(info, info.spec().orElseGet(() -> catalogue.get().spec(info.id())));
  }
}
